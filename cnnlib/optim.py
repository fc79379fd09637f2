"""Optimizers: how a gradient becomes a step; and schedules: how the step size changes.

A step writes into the weights that it was given, so that the layers see it at once.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.nn.module import Parameter


class Optimizer:
    """Holds parameters and a learning rate ``lr``; subclasses write `step`.

    Raises
    ------
    ValueError
        If there is no parameter, one is there twice, or a number is negative or not finite.
    TypeError
        If ``params`` are not those of ``model.parameters()``.
    """

    def __init__(self, params: Iterable[Parameter], lr: float, weight_decay: float) -> None:
        name = type(self).__name__
        self.params = list(params) if isinstance(params, Iterable) else [params]
        for p in self.params:
            if not isinstance(p, Parameter):
                raise TypeError(f"{name} expected model.parameters(), got a {type(p).__name__}")
        if not self.params:
            raise ValueError(f"{name} expected at least one parameter, got none")
        if len(set(map(id, self.params))) < len(self.params):
            raise ValueError(f"{name} expected every parameter once, got one of them twice")
        self.lr = checks.not_negative(name, "lr", lr)
        self.weight_decay = checks.not_negative(name, "weight_decay", weight_decay)

    def zero_grad(self) -> None:
        """Set all gradients to 0. They add up otherwise."""
        for p in self.params:
            p.grad.fill(0)

    def _gradient(self, p: Parameter) -> Array:
        """∇J + weight_decay · θ, the gradient of J + weight_decay / 2 · |θ|²."""
        return p.grad + self.weight_decay * p.data if self.weight_decay else p.grad

    def step(self) -> None:
        """Change every parameter by its gradient."""
        raise NotImplementedError(f"{type(self).__name__} has no step")


class SGD(Optimizer):
    """θ ← θ − lr · v, with v ← momentum · v + g and g = ∇J + weight_decay · θ."""

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = checks.not_negative(type(self).__name__, "momentum", momentum)
        self.velocity = [np.zeros_like(p.data) for p in self.params]

    def step(self) -> None:
        for p, v in zip(self.params, self.velocity, strict=True):
            g = self._gradient(p)
            v[...] = self.momentum * v + g if self.momentum else g
            p.data -= self.lr * v


class Adam(Optimizer):
    """A step of about lr for every weight, however large its gradients (Kingma & Ba, 2015).

    m and v are running means of g and g²; divided by 1 − βᵗ, which makes up for their start at 0,
    they give θ ← θ − lr · m / (√v + eps).
    """

    def __init__(
        self,
        params: Iterable[Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        if not (isinstance(betas, tuple | list) and len(betas) == 2):
            raise TypeError(f"Adam expected two numbers as betas, got {betas!r}")
        self.betas = tuple(checks.unit_interval("Adam", f"betas[{i}]", betas[i]) for i in (0, 1))
        self.eps = checks.not_negative("Adam", "eps", eps)
        self.steps = 0
        self.m = [np.zeros_like(p.data) for p in self.params]
        self.v = [np.zeros_like(p.data) for p in self.params]

    def step(self) -> None:
        self.steps += 1
        (beta1, beta2), t = self.betas, self.steps
        for p, *means in zip(self.params, self.m, self.v, strict=True):
            for data, g, m, v in _pieces(p.data, self._gradient(p), *means):
                m *= beta1
                m += (1 - beta1) * g
                v *= beta2
                v += (1 - beta2) * g**2
                data -= self.lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + self.eps)


def _pieces(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """The same arrays, a piece at a time, short enough to stay in the processor's cache."""
    with np.nditer(
        arrays, ["external_loop", "buffered", "zerosize_ok"], ["readwrite"], buffersize=2**15
    ) as pieces:
        yield from pieces


class Schedule:
    """Sets ``optimizer.lr`` after each call of `step`; subclasses say what it is at a step.

    Raises TypeError unless it is given an `Optimizer`.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        checks.instance(type(self).__name__, "optimizer", optimizer, Optimizer)
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.steps = 0
        optimizer.lr = self.lr(0)

    def step(self) -> None:
        """One step on; to be called after ``optimizer.step()``."""
        self.steps += 1
        self.optimizer.lr = self.lr(self.steps)

    def lr(self, step: int) -> float:
        """The learning rate at a step, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no lr")


class StepLR(Schedule):
    """Multiplied by gamma every ``step_size`` steps.

    Raises ValueError if ``step_size`` is below 1 or gamma negative.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = checks.integer("StepLR", "step_size", step_size, low=1)
        self.gamma = checks.not_negative("StepLR", "gamma", gamma)
        super().__init__(optimizer)

    def lr(self, step: int) -> float:
        return self.base_lr * self.gamma ** (step // self.step_size)


class CosineAnnealingLR(Schedule):
    """From lr down to ``eta_min`` over ``T_max`` steps, along half a cosine (then up again)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = checks.integer("CosineAnnealingLR", "T_max", T_max, low=1)
        self.eta_min = checks.not_negative("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer)

    def lr(self, step: int) -> float:
        return _cosine(self.base_lr, self.eta_min, step / self.T_max)


class OneCycleLR(Schedule):
    """Up to ``max_lr`` over the first ``pct_start`` of the steps, then down to almost 0.

    From max_lr / 25, and down to 1/10,000 of that, each along half a cosine. The momentum stays as
    it is: PyTorch's with ``cycle_momentum=False``.

    Raises
    ------
    ValueError
        From `step`, after ``total_steps`` steps.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float, total_steps: int, *, pct_start: float = 0.3
    ) -> None:
        self.max_lr = checks.not_negative("OneCycleLR", "max_lr", max_lr)
        self.total_steps = checks.integer("OneCycleLR", "total_steps", total_steps, low=1)
        self.peak = checks.unit_interval("OneCycleLR", "pct_start", pct_start) * total_steps - 1
        self.start_lr, self.end_lr = self.max_lr / 25, self.max_lr / 25e4
        super().__init__(optimizer)

    def lr(self, step: int) -> float:
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR expected at most {self.total_steps} steps, got {step}")
        if step < self.peak:
            return _cosine(self.start_lr, self.max_lr, step / self.peak)
        past = (step - self.peak) / (self.total_steps - 1 - self.peak)
        return _cosine(self.max_lr, self.end_lr, past)


def _cosine(start: float, end: float, part: float) -> float:
    """From start (part 0) to end (part 1) along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2
