#!/usr/bin/env bash
# torch: a step of Adam can be twice as long as the bound that its paper gives.
#
# The guess: no step of Adam is longer than lr * (1 - beta1) / sqrt(1 - beta2), 3.16 * lr with the
# default betas. Kingma and Ba (2015, section 2.1) give that as the bound for the sparsest case, a
# gradient that has always been zero but for the current step, and it is often passed on as a limit
# on how far n steps can move a weight.
#
# The behaviour: that case is the longest *first* step, not the longest step. If more gradients of
# the same sign follow, m grows faster than sqrt(v), and the steps get longer for a while: after
# 10,000 zeros, equal gradients make steps of 3.16, 4.25, 4.95, ..., 6.57 (the twelfth) times lr,
# then shorter ones again. What does hold, by the Cauchy-Schwarz inequality, is
# (1 - beta1) / sqrt((1 - beta2) * (1 - beta1**2 / beta2)) = 7.27; gradients that grow by
# beta2 / beta1 each step come near it.
#
# Versions: torch 2.13.0 (CPU), Python 3.11. Seen:
#   the paper's bound     3.16
#   equal gradients       3.16 4.25 4.95, longest 6.57 (number 12)
#   growing gradients     longest 7.27
#   Cauchy and Schwarz    7.27
#
# Who meets it: rows of an embedding that are rarely used, networks with units that wake up late,
# and whoever bounds an update, a clipping threshold or the range of a weight by the formula.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/steps.py" <<'END'
import math

import torch

LR, BETA1, BETA2 = 0.001, 0.9, 0.999


def steps(gradients):
    """The lengths of Adam's steps, in units of lr, after 10,000 gradients of zero."""
    w = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    adam = torch.optim.Adam([w], lr=LR, betas=(BETA1, BETA2), eps=1e-300)
    w.grad = torch.zeros_like(w)
    for _ in range(10_000):
        adam.step()
    lengths = []
    for g in gradients:
        before = w.item()
        w.grad.fill_(g)
        adam.step()
        lengths.append(abs(w.item() - before) / LR)
    return lengths


paper = (1 - BETA1) / math.sqrt(1 - BETA2)
bound = (1 - BETA1) / math.sqrt((1 - BETA2) * (1 - BETA1**2 / BETA2))
equal = steps([1.0] * 100)
growing = steps([(BETA2 / BETA1) ** k for k in range(100)])
longest = max(equal)
print(f"the paper's bound     {paper:.2f}")
print("equal gradients      ", *(f"{s:.2f}" for s in equal[:3]), end="")
print(f", longest {longest:.2f} (number {equal.index(longest) + 1})")
print(f"growing gradients     longest {max(growing):.2f}")
print(f"Cauchy and Schwarz    {bound:.2f}")
assert abs(equal[0] - paper) < 1e-3
assert longest > 2 * paper and equal.index(longest) == 11
assert equal[-1] < longest
assert 7.2 < max(growing) <= bound
END
"$folder/env/bin/python" "$folder/steps.py"
