"""Losses as objects: called like a layer, they remember what `backward` needs.

The mathematics is that of `cnnlib.functional`, where each loss has its backward beside it.
"""

from typing import Any

from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array
from cnnlib.nn.stateless import Paired


class Loss(Paired):
    """loss = criterion(y, target), then dy = criterion.backward()."""

    inputs: tuple[Array, Array] | None = None

    def __call__(self, y: Array, target: Array) -> float:
        """The mean loss of a batch."""
        self.inputs = None
        loss: float = self.function(y, target, **self.given())
        self.inputs = y, target
        return loss

    def backward(self) -> Array:
        """The gradient of the last loss with respect to y. RuntimeError if there was none."""
        if self.inputs is None:
            raise RuntimeError(f"{type(self).__name__} expected a loss before backward")
        return self.derivative(*self.inputs, **self.given())

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"inputs": None}  # a copy does not carry the batch

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class CrossEntropyLoss(Loss, function=F.cross_entropy):
    """Logits (N, K) and labels (N,); softmax is inside. See `functional.cross_entropy`."""

    arguments = ("label_smoothing",)

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = checks.unit_interval(
            "CrossEntropyLoss", "label_smoothing", label_smoothing
        )


class MSELoss(Loss, function=F.mse_loss):
    """Mean squared error of y and a target of the same shape."""
