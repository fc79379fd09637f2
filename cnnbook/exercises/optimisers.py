"""Exercises of the chapter on optimisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnbook.exercises.exercise import Exercise, Function
from cnnlib.checks import Array

_rng = np.random.default_rng(10)


def _every_position(walk: Function, start: int) -> Function:
    """All positions of a walk, from the one after so many steps on."""

    def positions(theta: Array, gradients: Array, *constants: float) -> Array:
        ends = range(start, len(gradients) + 1)
        return np.array([walk(theta, gradients[:end], *constants) for end in ends])

    return positions


def _endings(walk: Function) -> dict[str, list[Function]]:
    """What can be wrong at the end of any walk."""
    return {
        "Only the first step is taken: is the return inside the loop?": [
            lambda theta, gradients, *constants: walk(theta, gradients[:1], *constants)
        ],
        "The first gradient does not count.": [
            lambda theta, gradients, *constants: walk(theta, gradients[1:], *constants)
        ],
        "All positions are returned; asked for is the last one.": [
            _every_position(walk, start=0),
            _every_position(walk, start=1),
        ],
        "The learning rate is missing.": [
            lambda theta, gradients, lr, *constants: walk(theta, gradients, 1.0, *constants)
        ],
        "The sign is wrong; a step goes against the gradient.": [
            lambda theta, gradients, lr, *constants: walk(theta, gradients, -lr, *constants)
        ],
    }


# --- momentum ---


def _momentum_but(
    velocity: Callable[[Array, Array, float], Array] = lambda v, g, mu: mu * v + g,
    step: Callable[[Array, Array, float, float], Array] = lambda v, g, lr, mu: lr * v,
) -> Function:
    """A walk whose velocity comes from the old one, the gradient and mu; it is 0 at the start."""

    def walk(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
        v = np.zeros_like(theta)
        for g in gradients:
            v = velocity(v, g, mu)
            theta = theta - step(v, g, lr, mu)
        return theta

    return walk


_momentum = _momentum_but()


def _late(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    return _momentum(theta, gradients[:-1], lr, mu)


def _from_the_first(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    twice = np.concatenate([(1 + mu) * gradients[:1], gradients[1:]])
    return _momentum(theta, twice, lr, mu)


def _from_the_first_and_late(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    return _momentum(theta, np.concatenate([gradients[:1], gradients[:-1]]), lr, mu)


def _last_velocity(theta: Array, gradients: Array, lr: float, mu: float) -> Array:
    before = _momentum(theta, gradients[:-1], lr, mu)
    return (before - _momentum(theta, gradients, lr, mu)) / lr


momentum = Exercise(
    "momentum",
    _momentum,
    [
        (_rng.normal(size=3), _rng.normal(size=(6, 3)), 0.03, 0.9),
        (_rng.normal(size=2), _rng.normal(size=(4, 2)), 0.2, 0.6),
    ],
    {
        "The velocity is forgotten after each step; that is plain gradient descent.": (
            _momentum_but(lambda v, g, mu: g)
        ),
        "The gradient is multiplied by 1 − mu; here, as in PyTorch, the velocity is a sum, "
        "v ← mu · v + g.": _momentum_but(lambda v, g, mu: mu * v + (1 - mu) * g),
        "Old gradients never fade: multiply the velocity by mu before the new one is added.": (
            _momentum_but(lambda v, g, mu: v + g)
        ),
        "The new gradient is multiplied by mu, too; only the old velocity is.": (
            _momentum_but(lambda v, g, mu: mu * (v + g))
        ),
        "The new gradient is multiplied by mu; it is the old velocity that is.": [
            _momentum_but(lambda v, g, mu: v + mu * g),
            _momentum_but(lambda v, g, mu: (1 - mu) * v + mu * g),
        ],
        "The velocity keeps 1 − mu of itself; it keeps mu.": (
            _momentum_but(lambda v, g, mu: (1 - mu) * v + g)
        ),
        "The learning rate is multiplied in twice, in the velocity and in the step.": (
            _momentum_but(step=lambda v, g, lr, mu: lr**2 * v)
        ),
        "The last gradient does not count: add it to the velocity first, then take the step.": (
            _late
        ),
        "The velocity starts with the first gradient, which then counts twice; it starts at 0.": [
            _from_the_first,
            _from_the_first_and_late,
        ],
        "That is Nesterov's momentum, with a step along g + mu · v; here it is along v.": (
            _momentum_but(step=lambda v, g, lr, mu: lr * (g + mu * v))
        ),
        "The gradient is in the velocity already; here it is added to the step once more.": (
            _momentum_but(step=lambda v, g, lr, mu: lr * (g + v))
        ),
        "mu is 0.9 here, whatever is given.": (
            lambda theta, gradients, lr, mu: _momentum(theta, gradients, lr, 0.9)
        ),
        "Only one step is taken, when all gradients are in the velocity; a step follows each.": (
            lambda theta, gradients, lr, mu: theta - lr * _last_velocity(theta, gradients, lr, mu)
        ),
        "There is one velocity for all weights; each has its own.": [
            _momentum_but(lambda v, g, mu: mu * v + g.mean()),
            _momentum_but(lambda v, g, mu: mu * v + g.sum()),
        ],
        "That is the last velocity; the last theta is asked for.": _last_velocity,
        **_endings(_momentum),
    },
)


# --- Adam ---

Correction = Callable[[Array, float, int], Array]


def _corrected(mean: Array, beta: float, k: int) -> Array:
    return mean / (1 - beta**k)


def _uncorrected(mean: Array, beta: float, k: int) -> Array:
    return mean


def _adam_but(
    *,
    kept: tuple[float, float] = (0.9, 0.999),
    gains: tuple[float, float] = (0.1, 0.001),
    squared: Callable[[Array, Array], Any] = lambda g, m: g**2,
    betas: tuple[float, float] = (0.9, 0.999),
    corrections: tuple[Correction, Correction] = (_corrected, _corrected),
    again: bool = False,
    quotient: Callable[[Array, Array], Array] = lambda m, v: m / (np.sqrt(v) + 1e-8),
) -> Function:
    """Adam, except for what is given.

    The means keep ``kept`` of themselves and take ``gains`` of what is new; ``again`` goes on with
    the corrected means.
    """

    def walk(theta: Array, gradients: Array, lr: float) -> Array:
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        for k, g in enumerate(gradients, start=1):
            m = kept[0] * m + gains[0] * g
            v = kept[1] * v + gains[1] * squared(g, m)
            m_hat, v_hat = corrections[0](m, betas[0], k), corrections[1](v, betas[1], k)
            theta = theta - lr * quotient(m_hat, v_hat)
            if again:
                m, v = m_hat, v_hat
        return theta

    return walk


def _with_betas(beta1: float, beta2: float) -> Function:
    betas = beta1, beta2
    return _adam_but(kept=betas, gains=(1 - beta1, 1 - beta2), betas=betas)


def _corrected_by(correction: Correction) -> Function:
    return _adam_but(corrections=(correction, correction))


def _with_eps(eps: float) -> Function:
    return _adam_but(quotient=lambda m, v: m / (np.sqrt(v) + eps))


def _short_form(theta: Array, gradients: Array, lr: float) -> Array:
    """With eps added to the root of the uncorrected v, which is then corrected as a whole."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = lr * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        theta = theta - step * m / (np.sqrt(v) + 1e-8)
    return theta


def _forgetting(theta: Array, gradients: Array, lr: float, correction: Correction) -> Array:
    """With m and v set to 0 before each step."""
    for k, g in enumerate(gradients, start=1):
        m, v = correction(0.1 * g, 0.9, k), correction(0.001 * g**2, 0.999, k)
        theta = theta - lr * m / (np.sqrt(v) + 1e-8)
    return theta


_adam = _adam_but()

adam = Exercise(
    "adam",
    _adam,
    [
        (_rng.normal(size=3), _rng.normal(size=(8, 3)) * [10.0, 1.0, 1e-5], 0.01),
        (np.array([1.0, -2.0]), np.array([[0.0, 1.0], [0.0, 2.0]]), 0.1),
    ],
    {
        "The correction is missing: m and v start at 0, so divide them by 1 − βᵏ.": (
            _corrected_by(_uncorrected)
        ),
        "Only m is corrected for its start at 0; v needs it more, its β is nearer to 1.": (
            _adam_but(corrections=(_corrected, _uncorrected))
        ),
        "Only v is corrected for its start at 0; m is too small as well.": (
            _adam_but(corrections=(_uncorrected, _corrected))
        ),
        "You got nan: are the steps counted from 0? Then the first one divides by 1 − β⁰ = 0.": (
            _corrected_by(lambda mean, beta, k: mean / np.float64(1 - beta ** (k - 1)))
        ),
        "The steps are counted from 2; the first one divides by 1 − β.": (
            _corrected_by(lambda mean, beta, k: mean / (1 - beta ** (k + 1)))
        ),
        "Each step divides by 1 − β; it is 1 − βᵏ, with the number k of the step.": (
            _corrected_by(lambda mean, beta, k: mean / (1 - beta))
        ),
        "m and v are multiplied by 1 − βᵏ; being too small, they are divided by it.": (
            _corrected_by(lambda mean, beta, k: mean * (1 - beta**k))
        ),
        "The correction of v comes after the root; v itself is divided by 1 − βᵏ.": (
            _adam_but(corrections=(_corrected, lambda v, beta, k: v / (1 - beta**k) ** 2))
        ),
        "The corrected m and v are kept and corrected again in the next step; give them names of "
        "their own.": _adam_but(again=True),
        "The square root is missing: v is the mean of g², its root has the size of g.": (
            _adam_but(quotient=lambda m, v: m / (v + 1e-8))
        ),
        "eps is missing in the divisor: where all gradients are 0, that is 0 / 0.": _with_eps(0.0),
        "eps is under the root; it is added after it.": (
            _adam_but(quotient=lambda m, v: m / np.sqrt(v + 1e-8))
        ),
        "eps is added to the root of v before v is corrected; correct v first.": _short_form,
        "eps should be 1e-8.": [
            _with_eps(eps) for eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-9, 1e-10, 1e-12)
        ],
        "The two betas are swapped: 0.9 is for the gradient, 0.999 for its square.": (
            _with_betas(0.999, 0.9)
        ),
        "The betas should be 0.9 and 0.999.": [
            _with_betas(*betas) for betas in ((0.9, 0.99), (0.9, 0.9), (0.99, 0.999))
        ],
        "v is made from m²; it is the running mean of g².": _adam_but(squared=lambda g, m: m**2),
        "v is made from g; it is the running mean of g².": [
            _adam_but(squared=lambda g, m: g),
            _adam_but(squared=lambda g, m: np.abs(g)),
        ],
        "v is one number for all weights; each has its own.": [
            _adam_but(squared=lambda g, m: np.sum(g**2)),
            _adam_but(squared=lambda g, m: np.mean(g**2)),
        ],
        "m is a sum; it is a running mean, so the new gradient counts 1 − β₁.": (
            _adam_but(gains=(1.0, 0.001))
        ),
        "v is a sum; it is a running mean, so the new square counts 1 − β₂.": (
            _adam_but(gains=(0.1, 1.0))
        ),
        "m and v are sums; they are running means, so what is new counts 1 − β.": (
            _adam_but(gains=(1.0, 1.0))
        ),
        "β and 1 − β have changed places: the old mean counts β.": [
            _adam_but(kept=(0.1, 0.001), gains=(0.9, 0.999)),
            _adam_but(kept=(0.1, 0.999), gains=(0.9, 0.001)),
            _adam_but(kept=(0.9, 0.001), gains=(0.1, 0.999)),
        ],
        "The step goes along g; it goes along m, its running mean.": [
            _with_betas(0.0, 0.999),
            _adam_but(kept=(0.0, 0.999), gains=(1.0, 0.001), corrections=(_uncorrected,) * 2),
            _adam_but(kept=(0.0, 0.99), gains=(1.0, 0.01), corrections=(_uncorrected,) * 2),
        ],
        "m and v are set to 0 before each step; they remember all gradients so far.": [
            lambda theta, gradients, lr: _forgetting(theta, gradients, lr, _corrected),
            lambda theta, gradients, lr: _forgetting(theta, gradients, lr, _uncorrected),
        ],
        "The last gradient does not count.": (
            lambda theta, gradients, lr: _adam(theta, gradients[:-1], lr)
        ),
        **_endings(_adam),
    },
)
