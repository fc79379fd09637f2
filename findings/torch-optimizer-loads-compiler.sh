#!/usr/bin/env bash
# torch: making an optimizer loads the compiler, though nothing is compiled.
#
# The guess: a program that runs eagerly, without torch.compile, needs neither TorchDynamo nor
# Inductor nor sympy; `import torch` has paid for all that it uses, and a line like
# `torch.optim.SGD(parameters, lr=0.1)` only stores the parameters.
#
# The behaviour: `import torch`, a forward and a backward pass load none of the three. The
# constructor of an optimizer does: its add_param_group() is kept out of compiled graphs by a
# decorator that imports torch._dynamo at the first call, and that imports the rest: about 800
# modules more. With the byte code on disk that is 1 to 2 seconds of processor time; where
# none is written (PYTHONDONTWRITEBYTECODE, a folder that is read-only) it is 4 to 5 s, in each
# process anew. The same step written by hand under torch.no_grad() loads nothing.
#
# Versions: torch 2.13.0 (CPU), Python 3.11. Seen:
#   import torch          none
#   a step by hand        none
#   SGD made              torch._dynamo torch._inductor sympy, 823 modules more
#
# Who meets it: whoever starts many short processes that train a little: test suites, command
# lines, notebooks' kernels, images of containers that hold no byte code.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/load.py" <<'END'
import sys

import torch

COMPILER = ("torch._dynamo", "torch._inductor", "sympy")


def loaded():
    return [name for name in COMPILER if name in sys.modules]


assert loaded() == [], loaded()
print("import torch          none")

w = torch.nn.Parameter(torch.ones(1))
(w * w).sum().backward()
with torch.no_grad():
    w -= 0.1 * w.grad
assert loaded() == [], loaded()
print("a step by hand        none")

before = len(sys.modules)
torch.optim.SGD([w], lr=0.1)
more = len(sys.modules) - before
assert loaded() == list(COMPILER), loaded()
assert more > 400, more
print(f"SGD made              {' '.join(loaded())}, {more} modules more")
END
"$folder/env/bin/python" "$folder/load.py"
