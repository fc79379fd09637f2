#!/usr/bin/env bash
# OPENBLAS_CORETYPE in NumPy's wheels: most names stand for another core, an unknown one for none.
#
# The guess: OPENBLAS_CORETYPE=Zen makes NumPy's matrix products compute as on a Zen, Bulldozer as
# on a Bulldozer; a misspelt name is an error, or at least a message.
#
# The behaviour: the wheels hold kernels for five x86-64 cores: Prescott, Nehalem, Sandybridge,
# Haswell and SkylakeX. Each other name that OpenBLAS knows takes one of these: Zen those of
# Haswell, Bulldozer those of Sandybridge, Cooperlake those of SkylakeX. An unknown name changes
# nothing: the processor's own kernels are used, without a word. And asked which it runs, OpenBLAS
# calls those of Prescott "Katmai", after a processor of 32 bits. So a test "on all cores" that goes
# through these names runs the same kernels several times, and with a misspelt one the machine's own.
#
# Versions: NumPy 2.4.6 from its x86-64 wheel, threadpoolctl 3.6.0, Python 3.11, on a processor with
# AVX-512. Seen:
#   Prescott Katmai      Nehalem Nehalem   Sandybridge Sandybridge   Haswell Haswell
#   SkylakeX SkylakeX    Zen Haswell       Bulldozer Sandybridge     Barcelona Nehalem
#   Cooperlake SkylakeX  Haswel SkylakeX, as without the variable
#
# Who meets it: who checks on one machine that results do not depend on the processor. Needs a
# processor with AVX-512.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet numpy==2.4.6 threadpoolctl==3.6.0
cat > "$folder/core.py" <<'END'
import numpy
from threadpoolctl import threadpool_info

print(*(pool["architecture"] for pool in threadpool_info()))
END
expect() { # the name that is set, and the core whose kernels are then used
    found=$(OPENBLAS_CORETYPE=$1 "$folder/env/bin/python" "$folder/core.py" 2> "$folder/errors")
    echo "${1:-none} $found"
    test "$found" = "$2"
    test ! -s "$folder/errors" # not a word
}
expect Prescott Katmai
for core in Nehalem Sandybridge Haswell SkylakeX; do expect "$core" "$core"; done
expect Zen Haswell
expect Bulldozer Sandybridge
expect Barcelona Nehalem
expect Cooperlake SkylakeX
expect "" SkylakeX
expect Haswel SkylakeX
