"""Is a backward pass right? Move each number a little, and see how much the loss moves.

The central difference (f(x + h) − f(x − h)) / 2h is off by about h²; in float64 with h = 1e-6,
for numbers of the order of 1, a right gradient agrees to seven digits or more, and a wrong one
hardly ever to two.
"""

import copy
from collections.abc import Callable

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.nn.module import Module

# A gradient that is 0, as a bias's before batch norm, is some 1e-10 in differences.
FLOOR = 1e-3


class GradientError(AssertionError):
    """A backward pass disagrees with finite differences."""


def numerical_gradient(f: Callable[[], float], x: Array, eps: float = 1e-6) -> Array:
    """The gradient of f() with respect to x, an array that f reads: two evaluations a number.

    x is changed in place and put back. Raises TypeError unless it is float64.
    """
    _check_float64("numerical_gradient", x)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        gradient[index] = (_moved(f, x, index, eps) - _moved(f, x, index, -eps)) / (2 * eps)
    return gradient


def _moved(f: Callable[[], float], x: Array, index: tuple[int, ...], by: float) -> float:
    """f() with one number of x moved; then it is put back."""
    kept = x[index]
    try:
        x[index] = kept + by
        return f()
    finally:
        x[index] = kept


def relative_error(a: Array, b: Array, floor: float = 0.0) -> float:
    """The largest difference, as a part of the largest number or of ``floor``; 0 if all are 0.

    Raises ValueError unless a and b have one shape.
    """
    checks.shape("relative_error", "b", b, np.shape(a))
    scale = np.maximum(np.abs(a).max(initial=floor), np.abs(b).max(initial=floor))
    return float(np.abs(a - b).max(initial=0) / scale) if scale else 0.0


def gradcheck(
    layer: Module, x: Array, *, rng: np.random.Generator, eps: float = 1e-6, tolerance: float = 1e-6
) -> dict[str, float]:
    """Compare a layer's backward with finite differences of ⟨layer(x), dy⟩ for a random dy.

    Returns the relative error of dx and of each parameter's gradient. The layer stays as it is:
    a copy is examined.

    Raises
    ------
    GradientError
        If an error exceeds ``tolerance``; it says which gradient, where, and what it looks like.
    TypeError
        If x is not float64: in float32 the differences themselves are only good to two digits.
    ValueError
        If the layer gives another output the second time, or x is empty.
    """
    _check_float64("gradcheck", x)
    checks.instance("gradcheck", "rng", rng, np.random.Generator)
    checks.not_empty("gradcheck", x)
    layer, x = copy.deepcopy(layer), x.copy()
    y = layer(x)
    if not np.array_equal(y, layer(x), equal_nan=True):
        raise ValueError("gradcheck expected the same output twice, got another: try eval()")
    dy = rng.normal(size=y.shape)
    layer.zero_grad()
    pairs = {"dx": (layer.backward(dy), x)}
    pairs |= {f"d{name}": (p.grad.copy(), p.data) for name, p in layer.named_parameters()}

    def loss() -> float:
        return float((layer(x) * dy).sum())

    return {name: _compare(name, *pair, loss, eps, tolerance) for name, pair in pairs.items()}


def _check_float64(name: str, x: Array) -> None:
    checks.floating(name, x=x)
    if x.dtype != np.float64:
        raise TypeError(f"{name} expected float64 as x, got {x.dtype}")


def _compare(
    name: str, found: Array, x: Array, f: Callable[[], float], eps: float, tolerance: float
) -> float:
    wanted = numerical_gradient(f, x, eps)
    if (shape := getattr(found, "shape", None)) != wanted.shape:
        raise GradientError(f"{name}: expected shape {wanted.shape}, got {shape}")
    error = relative_error(found, wanted, FLOOR)
    if not error <= tolerance:
        worst = tuple(map(int, np.unravel_index(np.abs(found - wanted).argmax(), wanted.shape)))
        kink = "; there is a kink, and no derivative: choose another x"
        hint = kink if _bends(f, x, worst, eps) else _diagnosis(found, wanted)
        raise GradientError(
            f"{name}: relative error {error:.1e} > {tolerance:.0e}; at {worst} backward gives "
            f"{found[worst]:.6g}, finite differences {wanted[worst]:.6g}{hint}"
        )
    return error


def _bends(f: Callable[[], float], x: Array, index: tuple[int, ...], eps: float) -> bool:
    """Has f() another slope to the right of x than to the left?"""
    left, here, right = (_moved(f, x, index, by) for by in (-eps, 0, eps))
    return abs(left - 2 * here + right) > 0.01 * max(abs(right - left), eps)


def _diagnosis(found: Array, wanted: Array) -> str:
    """What the wrong gradient looks like, if it is one of the usual mistakes."""
    if relative_error(found, wanted) < 1e-3:
        return "; it is nearly right: rounding, or a constant that is slightly off?"
    if not found.any():
        return "; it is all zeros: not computed, or not accumulated?"
    if wanted.ndim == 4 and relative_error(found[..., ::-1, ::-1], wanted) < 1e-4:
        return "; rotated by 180° it is right: a flip too many or too few"
    ratio = float((found * wanted).sum() / (found * found).sum())
    if relative_error(ratio * found, wanted) < 1e-4:
        return f"; {ratio:.4g} times it is right: a sum for a mean, or a wrong sign?"
    return ""
