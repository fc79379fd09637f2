"""Exercises of the chapter on optimisers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

_rng = np.random.default_rng(10)


# --- momentum ---


def _momentum_but(velocity: Callable[[Array, Array, float], Array], sign: float = -1) -> Function:
    """A walk whose velocity comes from the old one, the gradient and mu."""

    def walk(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
        v = np.zeros_like(theta)
        for g in gradients:
            v = velocity(v, g, mu)
            theta = theta + sign * lr * v
        return theta

    return walk


def _nesterov(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta = theta - lr * (g + mu * v)
    return theta


def _late(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    v = np.zeros_like(theta)
    for g in gradients:
        theta = theta - lr * v
        v = mu * v + g
    return theta


momentum = Exercise(
    "momentum",
    _momentum_but(lambda v, g, mu: mu * v + g),
    [(_rng.normal(size=3), _rng.normal(size=(6, 3)), 0.1, 0.9)],
    {
        "The velocity is forgotten after each step; that is plain gradient descent.": (
            _momentum_but(lambda v, g, mu: g)
        ),
        "The gradient is multiplied by 1 − mu; here, as in PyTorch, the velocity is a sum, "
        "v ← mu · v + g.": _momentum_but(lambda v, g, mu: mu * v + (1 - mu) * g),
        "The sign is wrong; a step goes against the velocity.": _momentum_but(
            lambda v, g, mu: mu * v + g, sign=1
        ),
        "Old gradients never fade: multiply the velocity by mu before the new one is added.": (
            _momentum_but(lambda v, g, mu: v + g)
        ),
        "The new gradient is multiplied by mu, too; only the old velocity is.": (
            _momentum_but(lambda v, g, mu: mu * (v + g))
        ),
        "The step is taken before the velocity has seen the new gradient.": _late,
        "That is Nesterov's momentum, with a step along g + mu · v; here it is along v.": _nesterov,
    },
)


# --- Adam ---


def _adam_but(
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    correct: tuple[bool, bool] = (True, True),
    root: bool = True,
    eps_inside: bool = False,
    of_m: bool = False,
    gains: tuple[float, float] = (0.1, 0.001),
) -> Function:
    """Adam, except for what is given."""

    def divisor(v: Array) -> Array:
        if not root:
            return v + 1e-8
        return np.sqrt(v + 1e-8) if eps_inside else np.sqrt(v) + 1e-8

    def walk(theta: Array, gradients: Array, lr: float) -> Array:
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        for k, g in enumerate(gradients, start=1):
            m = betas[0] * m + gains[0] * g
            v = betas[1] * v + gains[1] * (m if of_m else g) ** 2
            scales = [1 - beta**k if on else 1.0 for beta, on in zip(betas, correct, strict=True)]
            theta = theta - lr * m / scales[0] / divisor(v / scales[1])
        return theta

    return walk


adam = Exercise(
    "adam",
    _adam_but(),
    [(_rng.normal(size=3), _rng.normal(size=(8, 3)) * [10.0, 1.0, 1e-3], 0.01)],
    {
        "The correction is missing: m and v start at 0, so divide them by 1 − βᵏ.": _adam_but(
            correct=(False, False)
        ),
        "Only m is corrected for its start at 0; v needs it more, its β is nearer to 1.": _adam_but(
            correct=(True, False)
        ),
        "Only v is corrected for its start at 0; m is too small as well.": _adam_but(
            correct=(False, True)
        ),
        "The square root is missing: v is the mean of g², its root has the size of g.": _adam_but(
            root=False
        ),
        "eps is under the root; it is added after it.": _adam_but(eps_inside=True),
        "The two betas are swapped: 0.9 is for the gradient, 0.999 for its square.": _adam_but(
            betas=(0.999, 0.9), gains=(0.001, 0.1)
        ),
        "v is made from m²; it is the running mean of g².": _adam_but(of_m=True),
        "m is a sum; it is a running mean, so the new gradient counts 1 − β₁.": _adam_but(
            gains=(1.0, 0.001)
        ),
    },
)
