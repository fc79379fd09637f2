"""The gradient check finds planted bugs, names them, and passes what is right."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from strategies import Numbers

from cnnlib import nn
from cnnlib.checks import Array
from cnnlib.gradcheck import GradientError, gradcheck, numerical_gradient, relative_error

Change = Callable[[Array], Array]


def conv(rng: int = 0) -> nn.Conv2d:
    return nn.Conv2d(2, 3, 3, rng=np.random.default_rng(rng), dtype=np.float64)


X = Numbers().normal(2, 2, 5, 6)


def check(layer: nn.Module, x: Array = X, **options: float) -> dict[str, float]:
    return gradcheck(layer, x, rng=np.random.default_rng(3), **options)


class Planted(nn.Conv2d):
    """A convolution whose dx and dw are changed on their way out."""

    def __init__(self, dx: Change = np.array, dw: Change = np.array) -> None:
        super().__init__(2, 3, 3, rng=np.random.default_rng(0), dtype=np.float64)
        self.changes = dx, dw

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        dx = super().gradients(dy, x, need_dx)
        self.weight.grad[...] = self.changes[1](self.weight.grad)
        return self.changes[0](dx)


def flip(a: Array) -> Array:
    return a[..., ::-1, ::-1]


def one_wrong(a: Array) -> Array:
    changed = a.copy()
    changed[1, 0, 2, 1] += 0.1
    return changed


def off(a: Array) -> Array:
    changed = a.copy()
    changed[1, 0, 2, 1] += 1.5e-4 * np.abs(a).max()
    return changed


NUMBER = r"-?\d+(\.\d+)?(e[-+]\d+)?"
BUGS: dict[str, tuple[Change, str]] = {
    "turned": (flip, "; rotated by 180° it is right: a flip too many or too few"),
    "sign": (np.negative, "; -1 times it is right: a sum for a mean, or a wrong sign?"),
    "mean for sum": (lambda a: a / 2, "; 2 times it is right: a sum for a mean, or a wrong sign?"),
    "sum for mean": (
        lambda a: a * 8,
        "; 0.125 times it is right: a sum for a mean, or a wrong sign?",
    ),
    "zeros": (np.zeros_like, "; it is all zeros: not computed, or not accumulated?"),
    "one number": (one_wrong, ""),
    "a little more": (
        lambda a: 1.0015 * a,
        "; 0.9985 times it is right: a sum for a mean, or a wrong sign?",
    ),
    "turned, and not quite": (lambda a: off(flip(a)), ""),
    "scaled, and not quite": (lambda a: off(2 * a), ""),
    "upside down": (lambda a: a[..., ::-1, :], ""),
    "nearly": (
        lambda a: a * (1 + 3e-6),
        "; it is nearly right: rounding, or a constant that is slightly off?",
    ),
}


@pytest.mark.parametrize("gradient", ["dx", "dw"])
@pytest.mark.parametrize(("change", "diagnosis"), BUGS.values(), ids=BUGS)
def test_planted_bug_is_found_and_named(gradient: str, change: Change, diagnosis: str) -> None:
    name = {"dx": "dx", "dw": "dweight"}[gradient]
    with pytest.raises(GradientError) as info:
        check(Planted(**{gradient: change}))
    text = str(info.value)
    pattern = (
        rf"{name}: relative error {NUMBER} > 1e-06; at \((\d, ){{3}}\d\) backward gives {NUMBER}, "
        rf"finite differences {NUMBER}(?P<diagnosis>.*)"
    )
    found = re.fullmatch(pattern, text)
    assert found, text
    assert found["diagnosis"] == diagnosis


def test_message_names_the_place_and_both_values() -> None:
    layer = Planted(dx=one_wrong)
    good = conv()
    dy = np.random.default_rng(3).normal(size=good(X).shape)
    right = good.backward(dy)[1, 0, 2, 1]
    expected = f"at (1, 0, 2, 1) backward gives {right + 0.1:.6g}, finite differences {right:.6g}"
    with pytest.raises(GradientError, match=re.escape(expected)):
        check(layer)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda a: a[:1], "(1, 2, 5, 6)"),
        (lambda a: a.sum(0), "(2, 5, 6)"),
        (lambda a: None, "None"),
    ],
)
def test_wrong_shape_is_named(change: Change, found: str) -> None:
    with pytest.raises(
        GradientError, match=re.escape(f"dx: expected shape (2, 2, 5, 6), got {found}")
    ):
        check(Planted(dx=change))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_a_number_is_no_gradient(value: float) -> None:
    with (
        pytest.raises(GradientError, match="dx: relative error nan > "),
        np.errstate(invalid="ignore"),
    ):
        check(Planted(dx=lambda a: np.full_like(a, value)))


def test_forward_that_gives_nan_is_not_passed() -> None:
    class Broken(nn.ReLU):
        def forward(self, x: Array) -> Array:
            return super().forward(x) * np.nan

    with pytest.raises(GradientError, match="dx: relative error nan"):
        check(Broken())


def test_right_layer_passes_and_stays_as_it_is() -> None:
    model = nn.Sequential(conv(), nn.BatchNorm2d(3, dtype=np.float64), nn.Sigmoid())
    model(X + 1)
    for p in model.parameters():
        p.grad += 7
    x, state, last = X.copy(), model.state_dict(), model[0].x
    errors = check(model, x)
    assert list(errors) == ["dx", "d0.weight", "d0.bias", "d1.weight", "d1.bias"]
    assert all(0 <= error < 1e-6 for error in errors.values())
    np.testing.assert_array_equal(x, X)
    for name, a in model.state_dict().items():
        np.testing.assert_array_equal(a, state[name])
    assert all((p.grad == 7).all() for p in model.parameters())
    assert model[0].x is last


def test_tolerance_and_step_are_used() -> None:
    nearly = Planted(dx=lambda a: a * (1 + 1e-3))
    with pytest.raises(GradientError, match=r"relative error 1\.0e-03 > 1e-04"):
        check(nearly, tolerance=1e-4)
    assert check(nearly, tolerance=2e-3)["dx"] == pytest.approx(1e-3, rel=0.01)
    sigmoid = nn.Sigmoid()
    assert check(sigmoid, eps=0.1, tolerance=1)["dx"] > 1e-4
    assert check(sigmoid)["dx"] < 1e-8


@pytest.mark.parametrize(("error", "passes"), [(0.5e-9, True), (1.5e-9, False)])
def test_what_rounding_leaves_of_a_tiny_gradient_is_no_error(error: float, passes: bool) -> None:
    class Tiny(nn.LeakyReLU):
        def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array:
            dx = super().gradients(dy, x, need_dx)
            assert dx is not None
            return dx + dx.dtype.type(error)

    layer, x = Tiny(1e-5), -np.ones((2, 3))
    if passes:
        assert check(layer, x)["dx"] == pytest.approx(error / 1e-3, rel=0.01)
    else:
        with pytest.raises(GradientError, match=r"relative error 1\.5e-06 > 1e-06"):
            check(layer, x)


def test_step_of_a_millionth() -> None:
    """By default, here and in `numerical_gradient`."""
    seen = []

    class Recorder(nn.Tanh):
        def forward(self, x: Array) -> Array:
            seen.append(x[0])
            return super().forward(x)

    check(Recorder(), np.array([0.0]))
    x = np.array([0.0])

    def constant() -> float:
        seen.append(x[0])
        return 0.0

    numerical_gradient(constant, x)
    assert seen == [0, 0, 1e-6, -1e-6, 1e-6, -1e-6]


KINK = "; there is a kink, and no derivative: choose another x"


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.ReLU(), np.array([0.0, 1.0])),
        (nn.ReLU(), np.zeros((2, 3))),
        (nn.LeakyReLU(0.1), np.array([1.0, 0.0])),
        (nn.MaxPool2d(2), np.zeros((1, 1, 4, 4))),
    ],
)
def test_kink_is_found_and_called_so(layer: nn.Module, x: Array) -> None:
    """At 0 the slope of ReLU is 0 here; a difference across the kink gives one half."""
    with pytest.raises(GradientError) as info:
        check(layer, x)
    assert str(info.value).endswith(KINK)


def test_kink_is_found_in_relu() -> None:
    with pytest.raises(GradientError, match="at \\(0,\\) backward gives 0, finite differences"):
        check(nn.ReLU(), np.array([0.0, 1.0]))


def test_numerical_gradient_of_a_cubic() -> None:
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    kept = x.copy()
    gradient = numerical_gradient(lambda: float((x**3).sum()), x)
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-8)
    np.testing.assert_array_equal(x, kept)
    # The difference of a cubic is off by exactly eps².
    wide = numerical_gradient(lambda: float((x**3).sum()), x, eps=0.5)
    np.testing.assert_allclose(wide, 3 * x**2 + 0.25)


def test_numerical_gradient_puts_x_back_when_it_is_interrupted() -> None:
    x = np.ones(3)
    values = iter([1.0, 1.0, 1.0])
    with pytest.raises(StopIteration):
        numerical_gradient(lambda: next(values), x)
    np.testing.assert_array_equal(x, np.ones(3))


def test_relative_error() -> None:
    a, b = np.array([1.0, -4.0]), np.array([1.5, -4.0])
    assert relative_error(a, b) == 0.125
    assert relative_error(b, 2 * a) == 0.5
    assert relative_error(a, b, floor=10) == 0.05
    assert relative_error(a / 1024, b / 1024) == 0.125
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert np.isnan(relative_error(np.zeros(2), np.array([0, np.nan])))
    assert relative_error(np.empty(0), np.empty(0)) == 0
    assert relative_error(np.empty(0), np.empty(0), floor=1) == 0
