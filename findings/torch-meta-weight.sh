#!/usr/bin/env bash
# torch: a layer left on "meta" turns a CPU input into a CPU output that nobody computed.
#
# The guess: "meta" tensors hold no numbers, so whatever meets one raises or is "meta" itself.
# Hence two habits: build the model on "meta" and load the checkpoint with assign=True, since a
# forgotten weight would raise; and run a step on "meta" as a cheap stand-in for a GPU, to find
# tensors left on the CPU.
#
# The behaviour: convolutions, `linear` and the product of two matrices do not compare the devices
# of their arguments. With the input on the CPU, the weight on "meta", they return a CPU tensor of
# the right shape, which was allocated and never written. With deterministic algorithms torch
# fills new memory with NaN: then all of the output is NaN. `+`, batch norm, a matrix times a
# vector, and `linear` whose bias is on "meta" too do raise; a convolution does not even then.
# Only backward complains.
#
# Versions: torch 2.13.0 (CPU), Python 3.11. Seen:
#   conv2d, bias on meta          cpu (2, 4, 3, 3), all NaN
#   linear, bias on the CPU       cpu (2, 4), all NaN
#   linear, bias on meta          RuntimeError
#   a network whose checkpoint lacks "0.weight": cpu (2, 2), no error
#
# Who meets it: who loads with strict=False (a new layer, a renamed key) and only evaluates.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/meta.py" <<'END'
import torch
import torch.nn.functional as F
from torch import nn

torch.use_deterministic_algorithms(True)  # new memory is filled with NaN


def meta(*shape):
    return torch.empty(shape, device="meta")


images, rows = torch.ones(2, 3, 5, 5), torch.ones(2, 3)
silent = {
    "conv2d": lambda: F.conv2d(images, meta(4, 3, 3, 3)),
    "conv2d, bias on meta": lambda: F.conv2d(images, meta(4, 3, 3, 3), meta(4)),
    "conv_transpose2d": lambda: F.conv_transpose2d(images, meta(3, 4, 3, 3)),
    "linear": lambda: F.linear(rows, meta(4, 3)),
    "linear, bias on the CPU": lambda: F.linear(rows, meta(4, 3), torch.zeros(4)),
    "matrix @ matrix": lambda: rows @ meta(3, 4),
}
loud = {
    "linear, bias on meta": lambda: F.linear(rows, meta(4, 3), meta(4)),
    "matrix @ vector": lambda: rows @ meta(3),
    "addition": lambda: rows + meta(2, 3),
    "batch_norm": lambda: F.batch_norm(images, meta(3), meta(3)),
}
for name, call in silent.items():
    y = call()
    print(f"{name:24} {y.device} {tuple(y.shape)}, all NaN: {bool(y.isnan().all())}")
    assert y.device.type == "cpu" and y.isnan().all()
for name, call in loud.items():
    try:
        y = call()
    except RuntimeError as error:
        print(f"{name:24} RuntimeError: {error}")
    else:
        raise AssertionError(f"{name} answers, on {y.device}")


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(36, 2))


checkpoint = network().state_dict()
del checkpoint["0.weight"]
with torch.device("meta"):
    model = network()
missing = model.load_state_dict(checkpoint, strict=False, assign=True).missing_keys
y = model(images)
print("a network without", missing, y.device, tuple(y.shape))
assert missing == ["0.weight"] and y.device.type == "cpu" and y.isnan().all()
try:
    y.sum().backward()
except RuntimeError as error:
    print("its backward: RuntimeError:", error)
else:
    raise AssertionError("backward passes")
END
"$folder/env/bin/python" "$folder/meta.py"
