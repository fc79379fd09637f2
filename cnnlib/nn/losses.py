"""Losses as objects: called like a layer, they remember what `backward` needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cnnlib import checks
from cnnlib import functional as F
from cnnlib.checks import Array


class Loss:
    """loss = criterion(y, target), then dy = criterion.backward()."""

    function: ClassVar[Callable[..., float]]
    derivative: ClassVar[Callable[..., Array]]

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments
        self.inputs: tuple[Array, Array] | None = None

    def __call__(self, y: Array, target: Array) -> float:
        """The mean loss of a batch."""
        loss = type(self).function(y, target, **self.arguments)
        self.inputs = y, target
        return loss

    def backward(self) -> Array:
        """The gradient of the last loss by y.

        Raises
        ------
        RuntimeError
            If no loss was computed before.
        """
        if self.inputs is None:
            raise RuntimeError(f"{type(self).__name__} expected a loss before backward")
        return type(self).derivative(*self.inputs, **self.arguments)


class CrossEntropyLoss(Loss):
    """Logits (N, K) and labels (N,); softmax is inside. See `functional.cross_entropy`."""

    function = staticmethod(F.cross_entropy)
    derivative = staticmethod(F.cross_entropy_backward)

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        epsilon = checks.unit_interval("CrossEntropyLoss", "label_smoothing", label_smoothing)
        super().__init__(label_smoothing=epsilon)


class MSELoss(Loss):
    """Mean squared error of y and a target of the same shape."""

    function = staticmethod(F.mse_loss)
    derivative = staticmethod(F.mse_loss_backward)
