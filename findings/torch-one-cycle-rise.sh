#!/usr/bin/env bash
# torch's OneCycleLR fails where the rise has exactly one step, and skips the rise where it has
# less.
#
# The guess: a run may be as short as it likes; a schedule of n steps works if those of n - 1 and
# n + 1 do, and the first step has the rate max_lr / div_factor, since from there the cycle
# starts.
#
# The behaviour: the rise ends at step pct_start * total_steps - 1, a float that may be 0 or
# negative. If it is 0, the constructor divides 0 by 0. Below 0 no step is left in the rise, so
# the first one has nearly the peak rate, 25 times what the documentation calls the initial one.
# Rounding can decide which: 1/49 of 49 steps is a little less than 1 and starts at the peak, 1/3
# of 3 steps raises.
#
# Versions: torch 2.13.0 (CPU), NumPy 2.4.6, Python 3.11. Seen, max_lr=1 and the first two rates:
#   pct_start 0.2    4 steps 0.9904, 0.6913    5 steps ZeroDivisionError      6 steps 0.0400, 0.9330
#   pct_start 0.01  99 steps 1.0000, 0.9997  100 steps ZeroDivisionError    101 steps 0.0400, 0.9998
#
# Who meets it: who shortens a recipe for a smoke test, or warms up for "1 % of the steps" where
# that is a step. 0.3, the value in the signature, never gives exactly one step; 3 steps skip the
# rise.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/cycle.py" <<'END'
import torch
from torch.optim.lr_scheduler import OneCycleLR


def rates(steps, rise):
    """The first two rates, or None where the constructor divides by zero."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    try:
        schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=steps, pct_start=rise)
    except ZeroDivisionError as error:
        print(f"{rise:.4f} of {steps} steps: ZeroDivisionError: {error}")
        return None
    first = schedule.get_last_lr()[0]
    optimizer.step()
    schedule.step()
    print(f"{rise:.4f} of {steps} steps: {first:.4f}, {schedule.get_last_lr()[0]:.4f}")
    return first


for steps, rise in ((5, 0.2), (100, 0.01), (2, 0.5), (3, 1 / 3)):
    assert rates(steps, rise) is None
for steps, rise in ((4, 0.2), (99, 0.01), (49, 1 / 49), (3, 0.3)):
    assert rates(steps, rise) > 0.9  # all but the peak
for steps, rise in ((6, 0.2), (101, 0.01), (4, 0.3)):
    assert abs(rates(steps, rise) - 1 / 25) < 1e-6
END
"$folder/env/bin/python" "$folder/cycle.py"
