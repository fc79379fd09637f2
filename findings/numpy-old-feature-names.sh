#!/usr/bin/env bash
# NumPy 2.4 no longer knows the names AVX2, FMA3 or AVX512F in NPY_DISABLE_CPU_FEATURES.
#
# The guess: `NPY_DISABLE_CPU_FEATURES="AVX2 AVX512F AVX512_SKX"`, the recipe of many issue
# threads and CI files, makes NumPy compute as on an older processor; a name that means nothing is
# an error.
#
# The behaviour: since 2.4 the switchable groups are the levels X86_V3, X86_V4 and what lies
# above. The old names change nothing, and the only sign is an ImportWarning, which Python hides
# unless asked. A test "without AVX" therefore passes, having run with AVX. `X86_V3` alone
# switches off X86_V4 too. `numpy.lib.introspect.opt_func_info` tells which code a function really
# runs.
#
# Versions: NumPy 2.3.5 and 2.4.6 from their x86-64 wheels, Python 3.11, a processor with AVX-512.
# Seen, the code that np.add and np.exp use for float64:
#   2.3.5  AVX2 AVX512F AVX512_SKX   add baseline(SSE SSE2 SSE3)   exp baseline(SSE SSE2 SSE3)
#   2.4.6  AVX2 AVX512F AVX512_SKX   add X86_V3                    exp X86_V4
#   2.4.6  X86_V3                    add baseline(X86_V2)          exp baseline(X86_V2)
#
# Who meets it: who checks on a new machine that results do not depend on the processor, or works
# around a SIMD bug, with a line written for NumPy 2.3 or older. Needs an x86-64 processor with
# AVX2.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
cat > "$folder/code.py" <<'END'
import os
import sys

import numpy as np
from numpy.lib.introspect import opt_func_info

wanted = sys.argv[1] == "off"
for name in ("add", "exp"):
    (code,) = opt_func_info(func_name=f"^{name}$", signature="float64")[name].values()
    print(np.__version__, os.environ.get("NPY_DISABLE_CPU_FEATURES"), name, code["current"])
    assert code["current"].startswith("baseline") == wanted, "another code than expected"
END
run() { # the names to switch off, and whether that has to work
    NPY_DISABLE_CPU_FEATURES=$1 \
        "$folder/env/bin/python" "$folder/code.py" "$2" 2> "$folder/errors" ||
        { cat "$folder/errors"; exit 1; }
    test ! -s "$folder/errors" # not a word
}
old="AVX2 AVX512F AVX512_SKX"
"$folder/env/bin/pip" install --quiet numpy==2.3.5
run "" on
run "$old" off
"$folder/env/bin/pip" install --quiet numpy==2.4.6
run "$old" on
run X86_V3 off
