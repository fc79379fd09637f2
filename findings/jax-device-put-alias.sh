#!/usr/bin/env bash
# jax.device_put: the immutable array changes with the NumPy array, even with may_alias=False.
#
# The guess: JAX's arrays cannot be changed, so `device_put` copies what it is given; at least it
# does with may_alias=False, where the documentation says that "x will be copied". If it did not,
# the two would always be the same memory, and a test would show it. `jnp.asarray` is the one that
# may share, as in NumPy.
#
# The behaviour: on the CPU `device_put` takes over the memory of a C-contiguous NumPy array that
# begins at a multiple of 64 bytes, and copies any other; may_alias=False changes nothing. Where
# NumPy puts an array is chance: one and the same line shares in one run and copies in the next. A
# later `w -= step` then changes the "immutable" weights, also those that were kept on purpose.
# `jnp.asarray` and `jnp.array` copy.
#
# Versions: jax 0.10.2 with its jaxlib, NumPy 2.4.6, Python 3.11, Linux x86-64. Seen, after the
# NumPy array went from 1 to 2:
#   device_put, with may_alias=False or without, at a multiple of 64   2.0
#   the same, 16 bytes further                                         1.0
#   jnp.asarray, jnp.array at either                                   1.0
#   of 200 arrays np.ones(1000): 50 are shared
#
# Who meets it: who trains in NumPy, or reads batches into one buffer, and hands the arrays to JAX.
# Only some layers go wrong, others in the next run.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet jax==0.10.2 numpy==2.4.6
cat > "$folder/alias.py" <<'END'
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np


def ones(count, offset):
    """Numbers that begin so many bytes behind a multiple of 64."""
    memory = np.zeros(4 * count + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    a = memory[start : start + 4 * count].view(np.float32)
    a[:] = 1
    return a


def shares(put, a):
    """Does the array of JAX change with the one of NumPy?"""
    array = put(a).block_until_ready()
    assert array[0] == 1
    a[:] = 2
    return float(array[0]) == 2


ways = {
    "device_put": jax.device_put,
    "device_put, may_alias=False": partial(jax.device_put, may_alias=False),
    "jnp.asarray": jnp.asarray,
    "jnp.array": jnp.array,
}
for name, put in ways.items():
    for offset in (0, 16):
        found = [shares(put, ones(count, offset)) for count in (10, 1000, 100_000)]
        print(f"{name:28} offset {offset:2}: shared {found}")
        assert found == [name.startswith("device_put") and not offset] * 3
arrays = [np.ones(1000, np.float32) for _ in range(200)]
aligned = [a.ctypes.data % 64 == 0 for a in arrays]
shared = [shares(jax.device_put, a) for a in arrays]
print(sum(shared), "of 200 arrays are shared")
assert shared == aligned
END
"$folder/env/bin/python" "$folder/alias.py"
