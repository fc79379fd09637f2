#!/usr/bin/env bash
# Under nbval a cell loses what a child process printed, though Jupyter showed and stored it.
#
# The guess: nbval starts the same kernel as Jupyter, so a notebook that Jupyter (or nbclient) has
# just executed passes `pytest --nbval`. If child processes were a difficulty, `!echo` would be
# one too.
#
# The behaviour: on Linux and macOS ipykernel sends to the notebook whatever reaches descriptor 1,
# unless PYTEST_CURRENT_TEST is in its environment. pytest sets that variable around each test,
# and the kernel, started by nbval during the first cell, inherits it. `subprocess.run(["echo",
# …])` then prints into pytest's own capture; nbval finds the stored output missing, and the
# report shows the very text below it as "Captured stdout call". `!echo` goes another way and
# passes. Stored without that output, the cell passes: nbval cannot notice what a library in C
# prints.
#
# Versions: nbval 0.11.0, ipykernel 7.4.0, nbclient 0.11.0, pytest 9.2.0, Python 3.11. Seen:
#   Cell 1: Cell outputs differ … Missing output fields from running code: {'stdout'}
#   1 failed, 2 passed
#
# Who meets it: who keeps notebooks with outputs in CI and calls a compiler, git or another
# program by subprocess, or uses a C++ library that prints. "Run it again and store" does not make
# it pass.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet nbval==0.11.0 ipykernel==7.4.0 nbclient==0.11.0 pytest==9.2.0
cd "$folder"
cat > write.py <<'END'
import os
import sys

import nbformat
from nbclient import NotebookClient

cells = [
    "print('from Python')",
    "import subprocess\nassert subprocess.run(['echo', 'from a child']).returncode == 0",
    "!echo from the shell",
]
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
NotebookClient(book, kernel_name="python3").execute()
stored = [cell.outputs[0].text.strip() if cell.outputs else None for cell in book.cells]
print(stored)
child = None if "PYTEST_CURRENT_TEST" in os.environ else "from a child"
assert stored == ["from Python", child, "from the shell"]
nbformat.write(book, sys.argv[1])
END
env/bin/python write.py stored.ipynb
PYTEST_CURRENT_TEST=any env/bin/python write.py silent.ipynb # the variable alone does it

check() {
    env/bin/python -m pytest --nbval --color=no -p no:cacheprovider "$@"
}
status=0
check -rA stored.ipynb > report || status=$?
cat report
test $status = 1
grep -q "Missing output fields from running code: {'stdout'}" report
grep -q "^FAILED stored.ipynb::Cell 1" report
grep -q "1 failed, 2 passed" report
check -q silent.ipynb # all pass
