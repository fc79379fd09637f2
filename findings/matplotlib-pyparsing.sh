#!/usr/bin/env bash
# Matplotlib up to 3.10.6 cannot be imported where warnings are errors, beside pyparsing 3.3.
#
# The guess: releases that allow each other, and satisfy `pip check`, import without a warning; if
# one appears, it does so where a deprecated function is called by one's own code.
#
# The behaviour: Matplotlib 3.10.6 asks for pyparsing >= 2.3.1 and calls its `oneOf` while it is
# imported. pyparsing 3.3 warns of that name. Python hides the warning, since another package has
# to mend it, but under `-W error` or pytest's `filterwarnings = error` the import itself raises:
# not a test is collected, not even one that draws nothing. So a lower bound that was tried when it
# was written stops being true without a release of the package. Matplotlib 3.10.7 has the new
# name.
#
# Versions: Matplotlib 3.10.6 and 3.10.7, pyparsing 3.2.5 and 3.3.3, NumPy 2.4.6, Python 3.11. Seen,
# `python -W error -c "import matplotlib"`:
#   3.10.6 with 3.2.5   silence
#   3.10.6 with 3.3.3   PyparsingDeprecationWarning: 'oneOf' deprecated - use 'one_of'
#   3.10.7 with 3.3.3   silence
#
# Who meets it: who treats warnings as errors in tests, and installs the oldest versions that are
# allowed (`uv pip compile --resolution lowest-direct`) or has pinned Matplotlib alone.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
try() { # versions of Matplotlib and pyparsing, and what an import under -W error says at last
    "$folder/env/bin/pip" install --quiet numpy==2.4.6 "matplotlib==$1" "pyparsing==$2"
    "$folder/env/bin/pip" check
    said=$("$folder/env/bin/python" -W error -c "import matplotlib" 2>&1 | tail -n 1 || true)
    echo "$1 with $2: ${said:-silence}"
    case $said in "$3"*) ;; *) exit 1 ;; esac
    test -n "$3" || test -z "$said"
}
try 3.10.6 3.2.5 ""
try 3.10.6 3.3.3 "pyparsing.warnings.PyparsingDeprecationWarning: 'oneOf' deprecated"
try 3.10.7 3.3.3 ""
