#!/usr/bin/env bash
# NumPy's sums have the same bits with and without AVX; exp, and the product of matrices, do not.
#
# The guess: SIMD splits a sum into as many lanes as the processor has and so changes its order,
# hence its last bits, while a function of single elements, such as exp, stays the same.
#
# The behaviour is the other way round. Sums, means, variances and norms of float32 and float64
# add in an order that the source code fixes; so does einsum, even for the product of matrices.
# exp, log and tanh have several algorithms, each good to about an ulp, and the level of SIMD
# selects one: for float32 at X86_V3 (AVX2), for float64 partly at X86_V4 only (AVX-512). `@` has
# the order of the OpenBLAS kernel, which NPY_DISABLE_CPU_FEATURES does not touch: that is chosen
# by OPENBLAS_CORETYPE. To emulate an older processor takes both.
#
# Versions: NumPy 2.4.6 with its OpenBLAS, x86-64 wheel, Python 3.11. Seen, against a run with
# AVX2:
#   NPY_DISABLE_CPU_FEATURES=X86_V3   other bits: exp, log, tanh in float32, tanh in float64
#   OPENBLAS_CORETYPE=Nehalem         other bits: @ in float32 and float64
#
# Who meets it: who keeps numbers to be compared exactly on another machine, and either rounds the
# sums needlessly or trusts exp. Needs an x86-64 processor with AVX2.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/bits.py" <<'END'
import json
import sys

import numpy as np

rng = np.random.default_rng(0)
found = {}
for dtype in (np.float32, np.float64):
    a = rng.standard_normal((257, 259)).astype(dtype)
    b = rng.standard_normal((259, 130)).astype(dtype)
    results = {
        "sum": a.sum(),
        "sum of rows": a.sum(axis=1),
        "sum of columns": a.sum(axis=0),
        "mean": a.mean(axis=1),
        "var": a.var(axis=1),
        "norm": np.linalg.norm(a, axis=1),
        "einsum": np.einsum("ij,jk->ik", a, b),
        "exp": np.exp(a),
        "log": np.log(abs(a)),
        "tanh": np.tanh(a),
        "@": a @ b,
    }
    found |= {f"{name}, {a.dtype}": x.tobytes().hex() for name, x in results.items()}

path, *changed = sys.argv[1:]
if not changed:
    json.dump(found, open(path, "w"))
else:
    stored = json.load(open(path))
    other = {name for name in found if found[name] != stored[name]}
    print("other bits:", sorted(other))
    assert other == set(changed)
END
bits() { # the features to switch off, OpenBLAS's kernel, and the results that change by it
    NPY_DISABLE_CPU_FEATURES=$1 OPENBLAS_CORETYPE=$2 \
        "$folder/env/bin/python" "$folder/bits.py" "$folder/bits.json" "${@:3}"
}
bits X86_V4 Haswell
bits X86_V3 Haswell "exp, float32" "log, float32" "tanh, float32" "tanh, float64"
bits X86_V4 Nehalem "@, float32" "@, float64"
