#!/usr/bin/env bash
# NumPy's product of two complex arrays is not commutative, and z * conj(z) is not real.
#
# The guess: floating-point addition is not associative, but a product commutes to the last bit,
# so a filter may be applied as spectrum * kernel or kernel * spectrum; z * z.conj() has an
# imaginary part of exactly 0, since a*b - b*a is; and an array's element is what its two scalars
# give.
#
# The behaviour: on x86-64 with FMA, complex arrays are multiplied with one fused operation, which
# rounds only one of the two products of each part. Which one depends on the order of the factors.
# z * z.conj() keeps the rounding error of that product as its imaginary part, z.conj() * z the
# same with the other sign. Scalars are multiplied without FMA. So is everything, and all is exact
# again, with NPY_DISABLE_CPU_FEATURES=X86_V3. Small whole numbers, the usual test input, never
# show it.
#
# Versions: NumPy 2.4.6 (and 2.3.5), x86-64 wheel, Python 3.11. Seen, of 2000 random pairs:
#   z*w != w*z  663    arrays != scalars  888    z*conj(z) with an imaginary part  2000
#   z = [0.1+0.3j]: imaginary part of z*conj(z) -1.67e-18, of conj(z)*z 1.67e-18, of scalars 0
#   without X86_V3: 0, 0 and 0
#
# Who meets it: who convolves by FFT and compares bits with the arguments exchanged, tests that a
# power spectrum or a Hermitian form is real by `== 0`, or checks an array against a loop of
# scalars exactly.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/product.py" <<'END'
import sys

import numpy as np

count = lambda wrong: int(np.count_nonzero(wrong))
rng = np.random.default_rng(0)
z, w = rng.standard_normal((2, 2000)) + 1j * rng.standard_normal((2, 2000))
scalars = np.array([a * b for a, b in zip(z, w)])
counts = {
    "z*w != w*z": count(z * w != w * z),
    "arrays != scalars": count(z * w != scalars),
    "z*conj(z) not real": count((z * z.conj()).imag),
}
print(np.__version__, sys.argv[1], counts)
assert np.allclose(z * w, w * z, rtol=1e-14)
whole = np.round(10 * z)
assert not (whole * whole.conj()).imag.any()
if sys.argv[1] == "plain":
    assert not any(counts.values())
else:
    assert min(counts.values()) > 200
    y = np.array([0.1 + 0.3j])
    left, right, scalar = (y * y.conj())[0], (y.conj() * y)[0], y[0] * y[0].conj()
    print(left, right, scalar)
    assert left.imag < 0 and right.imag == -left.imag and scalar.imag == 0
END
"$folder/env/bin/python" "$folder/product.py" fused
NPY_DISABLE_CPU_FEATURES=X86_V3 "$folder/env/bin/python" "$folder/product.py" plain
