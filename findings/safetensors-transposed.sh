#!/usr/bin/env bash
# safetensors 0.8.0 stores a transposed NumPy array with its numbers in the wrong order.
#
# The guess: `safetensors.numpy.save` takes any array, as `numpy.save` does, or refuses one that
# is not C-contiguous, as `safetensors.torch.save` refuses such a tensor. 0.7.0 in fact copied it.
#
# The behaviour: 0.8.0 writes the array's memory as it lies there, under the shape of the view.
# Shape and type are right when the file is read, the values are in another order, and nothing is
# said. So it is for `a.T` and for a Fortran-ordered array; `numpy.ascontiguousarray` before
# saving helps.
#
# Versions: safetensors 0.8.0 and 0.7.0, NumPy 2.4.6, Python 3.11. Seen:
#   0.7.0   saved [[0, 3], [1, 4], [2, 5]]   loaded [[0, 3], [1, 4], [2, 5]]
#   0.8.0   saved [[0, 3], [1, 4], [2, 5]]   loaded [[0, 1], [2, 3], [4, 5]]
#
# Who meets it: who carries weights from a framework with kernels (in, out) to one with (out, in),
# by `.T` or `.transpose(3, 2, 0, 1)`, or saves a Fortran-ordered array. All shapes fit, so the
# network loads and merely answers badly.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
cat > "$folder/round_trip.py" <<'END'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load, save

a = np.arange(6, dtype=np.float32).reshape(2, 3)


def kept(array):
    back = load(save({"w": array}))["w"]
    assert back.shape == array.shape and back.dtype == array.dtype
    print(safetensors.__version__, " saved", array.tolist(), " loaded", back.tolist())
    return np.array_equal(back, array)


views = [kept(a.T), kept(np.asfortranarray(a))]
assert kept(np.ascontiguousarray(a.T))
assert views == [sys.argv[1] == "right"] * 2, views
END
for pair in "0.7.0 right" "0.8.0 wrong"; do
    "$folder/env/bin/pip" install --quiet numpy==2.4.6 "safetensors==${pair% *}"
    "$folder/env/bin/python" "$folder/round_trip.py" "${pair#* }"
done
