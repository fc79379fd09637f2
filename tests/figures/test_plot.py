"""The figures: colours by role, limits, and the texts that stand in them; not their pixels."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from cnnbook import plot
from cnnlib import nn
from cnnlib.functional import conv2d

X = np.arange(30.0).reshape(5, 6) % 7
K = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1.0]])


def convolve(x: Any, k: Any, stride: int = 1, padding: int = 0) -> Any:
    return conv2d(x[np.newaxis, np.newaxis], k[np.newaxis, np.newaxis], None, stride, padding)[0, 0]


pytestmark = pytest.mark.usefixtures("close_figures")


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def cells(ax: Axes) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def edges(ax: Axes) -> list[str]:
    return [to_hex(cell.get_edgecolor()).upper() for cell in cells(ax)]


def lit(ax: Axes) -> list[tuple[float, float]]:
    """Row and column of the cells that are highlighted."""
    strong = [cell for cell in cells(ax) if cell.get_linewidth() == 2]
    return [(cell.get_y(), cell.get_x()) for cell in strong]


def contrast(color: str) -> float:
    """Against white, as the accessibility guidelines measure it."""
    rgb = np.array(mpl.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


# --- All figures ------------------------------------------------------------------------------

W = np.random.default_rng(0).normal(size=(2, 3, 3, 3))
FIGURES: dict[str, Callable[..., Axes]] = {
    "matrix": lambda **on: plot.matrix(X, **on),
    "image": lambda **on: plot.image(X, **on),
    "convolution_step": lambda **on: plot.convolution_step(X, K, convolve(X, K), (0, 0), **on),
    "curves": lambda **on: plot.curves({"a": ([1, 2], [3, 4])}, **on),
    "bars": lambda **on: plot.bars({"a": 1, "b": 2}, **on),
    "channels": lambda **on: plot.channels(np.ones((3, 5, 5)), W, **on),
    "network": lambda **on: plot.network([("input", (1, 28, 28)), ("linear", (10,))], **on),
}


@pytest.mark.parametrize("name", FIGURES)
def test_draws_on_the_axes_given_or_on_a_new_figure(name: str) -> None:
    _, ax = plt.subplots()
    assert FIGURES[name](ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    new = FIGURES[name]()
    assert new is not ax
    assert new.figure.get_size_inches()[0] <= 6.5 + 1e-9
    assert new.figure.dpi == 110


@pytest.mark.parametrize("name", FIGURES)
def test_leaves_the_settings_and_the_input_as_they_were(name: str) -> None:
    before, x, k, w = dict(mpl.rcParams), X.copy(), K.copy(), W.copy()
    FIGURES[name]()
    assert dict(mpl.rcParams) == before
    for old, new in ((x, X), (k, K), (w, W)):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("name", FIGURES)
def test_one_font_everywhere(name: str) -> None:
    mpl.rcParams["font.family"] = "serif"
    ax = FIGURES[name]()
    fonts = {name for text in [*ax.texts, ax.title, ax.xaxis.label] for name in text.get_family()}
    assert fonts == {"DejaVu Sans"}


def test_text_colours_can_be_read_on_white() -> None:
    assert plot.COLORS.keys() == plot.TEXT.keys()
    assert all(contrast(color) >= 4.5 for color in [*plot.TEXT.values(), plot.INK, plot.GREY])
    assert all(contrast(color) >= 3 for color in plot.COLORS.values())


def test_cnnlib_does_not_import_matplotlib() -> None:
    code = "import sys, cnnlib, cnnbook.explore; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_subplots_share_the_style() -> None:
    fig, (left, right) = plot.subplots(1, 2, height=3, sharey=True)
    assert tuple(fig.get_size_inches()) == (6.5, 3)
    assert not left.spines["top"].get_visible()
    assert left.get_shared_y_axes().joined(left, right)


# --- Matrices ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", plot.COLORS)
def test_matrix_has_the_colour_of_its_role(role: str) -> None:
    ax = plot.matrix(X, role=role, title=role)
    assert set(edges(ax)) == {plot.COLORS[role]}
    assert (ax.get_title(), ax.title.get_color()) == (role, plot.TEXT[role])


def test_matrix_writes_every_number() -> None:
    assert texts(plot.matrix([[1, -2], [np.nan, 1234]])) == ["1", "−2", "", "1,234"]
    assert texts(plot.matrix([[1, 0.5]])) == ["1.0", "0.5"]
    assert texts(plot.matrix([[1 / 3, -0.001]])) == ["0.33", "0.00"]
    assert texts(plot.matrix([[1, 0.5]], fmt=".3f")) == ["1.000", "0.500"]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (np.s_[0:2, 3:5], [(0, 3), (0, 4), (1, 3), (1, 4)]),
        (np.s_[0:5:2, 1], [(0, 1), (2, 1), (4, 1)]),
        ((1, 2), [(1, 2)]),
        (X > 5.5, [(i, j) for i, j in np.argwhere(X > 5.5)]),
        (None, []),
    ],
)
def test_matrix_highlights_any_index(index: Any, expected: list[tuple[float, float]]) -> None:
    assert lit(plot.matrix(X, highlight=index)) == expected


def test_matrix_dots_the_padding() -> None:
    ax = plot.matrix(np.pad(X, 1), padding=1)
    dotted = [cell for cell in cells(ax) if cell.get_linestyle() in (":", "dotted")]
    assert len(dotted) == 7 * 8 - X.size
    assert {to_hex(cell.get_edgecolor()).upper() for cell in dotted} == {plot.GREY}


def test_numbers_stay_in_their_cells() -> None:
    _, axes = plot.subplots(1, 4, height=2)
    for ax in axes:
        plot.matrix(np.full((5, 5), -12.34), ax)
    axes[0].figure.canvas.draw()
    for ax in axes:
        cell = cells(ax)[0].get_window_extent()
        assert all(text.get_window_extent().width <= cell.width for text in ax.texts)


@pytest.mark.parametrize(
    ("position", "stride", "padding"),
    [((0, 0), 1, 0), ((1, 2), 1, 1), ((1, 0), 2, 1), ((2, 2), 2, 1)],
)
def test_convolution_step_spells_the_sum(
    position: tuple[int, int], stride: int, padding: int
) -> None:
    y = convolve(X, K, stride, padding)
    ax = plot.convolution_step(X, K, y, position, stride, padding)
    p, q = position
    window = np.pad(X, padding)[p * stride : p * stride + 3, q * stride : q * stride + 3]
    written = texts(ax)
    end = written[written.index("output") + 2 :]
    assert end[-1].replace("−", "-") == f"{y[position]:.0f}"
    assert end.count("+") == 8
    assert end.count("=") == 1
    values = list(end[0:-1:4])
    weights = list(end[2:-1:4])
    assert values == [f"{v:.0f}" for v in window.T.flat]
    assert weights == [f"{v:.0f}" if v >= 0 else f"(−{-v:.0f})" for v in K.T.flat]


def test_convolution_step_hides_what_comes_later() -> None:
    y = convolve(X, K)
    ax = plot.convolution_step(X, K, y, (1, 1))
    outputs = list(ax.texts[X.size + 2 + K.size + 2 :])[: y.size]
    shown = [text.get_text() for text in outputs if text.get_text()]
    assert len(shown) == y.shape[1] + 2
    assert shown == [f"{v:.0f}".replace("-", "−") for v in y.flat][: len(shown)]
    assert len(lit(ax)) == K.size + 1
    assert {plot.COLORS["input"], plot.COLORS["kernel"], plot.COLORS["output"]} == set(edges(ax))


Y = convolve(X, K)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.matrix(np.zeros(3)), r"matrix expected an array \(H, W\), got shape \(3,\)"),
        (
            lambda: plot.matrix(X, role="bias"),
            "a role of input, kernel, output, gradient, got 'bias'",
        ),
        (lambda: plot.bars({"a": 1}, role="loss"), "got 'loss'"),
        (lambda: plot.image(np.zeros((4, 5, 6))), r"\(H, W, 3\), got shape \(4, 5, 6\)"),
        (lambda: plot.image(np.zeros(4)), r"got shape \(4,\)"),
        (lambda: plot.convolution_step(X, K, Y[1:], (0, 0)), r"y of shape \(3, 4\), got \(2, 4\)"),
        (lambda: plot.convolution_step(X, K, Y, (3, 0)), r"a position in \(3, 4\), got \(3, 0\)"),
        (lambda: plot.convolution_step(X, K, Y, (-1, 0)), r"got \(-1, 0\)"),
        (lambda: plot.convolution_step(X, K, Y + 1, (0, 1)), r"y\[0, 1\] = -1, got 0"),
        (lambda: plot.channels(X, W), r"\(C, H, W\), got shape \(5, 6\)"),
        (lambda: plot.channels(np.ones((2, 5, 5)), W), "expected 3 input channels, got 2"),
    ],
)
def test_errors_name_expected_and_found(draw: Callable[[], Axes], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


# --- Pictures ---------------------------------------------------------------------------------


def test_signed_pictures_have_symmetric_limits() -> None:
    assert plot.image([[-3, 1]], signed=True).images[0].get_clim() == (-3, 3)
    assert plot.image([[0, 0]], signed=True).images[0].get_clim() == (-1, 1)
    shown = plot.image([[-3, 1]], signed=True).images[0]
    red, green, blue, _ = shown.cmap(shown.norm(0.0))
    assert min(red, green, blue) > 0.95


@pytest.mark.parametrize(
    ("a", "limits"),
    [
        ([[0.2, 0.8]], (0, 0.8)),
        ([[-1, 2]], (-1, 2)),
        ([[0, 0]], (0, 1)),
        (np.array([[3, 9]], np.uint8), (0, 255)),
    ],
)
def test_grey_pictures_are_black_at_zero(a: Any, limits: tuple[float, float]) -> None:
    shown = plot.image(a).images[0]
    assert shown.get_clim() == limits
    assert shown.get_cmap().name == "gray"


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((4, 5), (4, 5)),
        ((1, 4, 5), (4, 5)),
        ((1, 3, 3), (3, 3)),
        ((3, 4, 5), (4, 5, 3)),
        ((4, 5, 3), (4, 5, 3)),
    ],
)
def test_images_of_all_orders(shape: tuple[int, ...], seen: tuple[int, ...]) -> None:
    assert plot.image(np.full(shape, 1.5)).images[0].get_array().shape == seen


def test_images_share_one_scale() -> None:
    axes = plot.images([[[-1, 0]], [[0, 4]], [[2, 2]]], ["a", "b", "c"], ncols=2, signed=True)
    assert axes.shape == (2, 2)
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "c", ""]
    assert [ax.images[0].get_clim() for ax in axes.flat[:3]] == [(-4, 4)] * 3
    assert len(axes[0, 0].figure.axes) == 5
    assert len(plot.images([X])[0, 0].figure.axes) == 1


def test_channels_draw_every_kernel_and_the_sum() -> None:
    x = np.random.default_rng(1).random((3, 6, 6))
    ax = plot.channels(x, W)
    frames = [edges(ax).count(plot.COLORS[role]) for role in ("input", "kernel", "output")]
    assert frames == [3, 6, 2]
    assert texts(ax).count("+") == 2 * 2
    assert texts(ax)[-1] == "filters × channels = 2 × 3 = 6 kernels of 3 × 3"
    outputs = [image.get_array() for image in ax.images if image.get_array().shape == (4, 4)]
    np.testing.assert_allclose(outputs, conv2d(x[np.newaxis], W)[0])


def test_channels_abbreviate_many_maps() -> None:
    ax = plot.channels(np.ones((16, 7, 7)), np.ones((36, 16, 5, 5)))
    frames = [edges(ax).count(plot.COLORS[role]) for role in ("input", "kernel", "output")]
    assert frames == [3, 9, 3]
    assert {"⋯", "⋮", "$x_{15}$", "$w_{35,15}$", "$y_{35}$"} <= set(texts(ax))
    assert texts(ax)[-1] == "filters × channels = 36 × 16 = 576 kernels of 5 × 5"


# --- Charts -----------------------------------------------------------------------------------


def test_curves_carry_their_labels() -> None:
    lines = {"one": ([0, 1], [1.0, 5]), "two": ([0, 1, 2], [1, 1, 5]), "three": ([0, 2], [2, 5])}
    ax = plot.curves(lines, xlabel="epoch", ylabel="accuracy")
    assert texts(ax) == ["one", "two", "three"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_legend()) == ("epoch", "accuracy", None)
    assert [t.get_color() for t in ax.texts] == [line.get_color() for line in ax.lines]
    assert not {line.get_color() for line in ax.lines} & set(plot.COLORS.values())
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 3


def test_labels_stand_where_their_lines_end() -> None:
    ax = plot.curves({"low": ([0, 1], [90, 20]), "high": ([0, 1], [10, 80])})
    for text, line in zip(ax.texts, ax.lines, strict=True):
        end = ax.transData.transform(np.asarray(line.get_xydata())[-1])
        assert text.xy[1] == pytest.approx(ax.transAxes.inverted().transform(end)[1])


def test_labels_do_not_overlap() -> None:
    ax = plot.curves({str(i): ([0, 1], [0, 1 + i / 1000]) for i in range(6)})
    ax.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))


def test_curves_on_a_logarithmic_axis() -> None:
    ax = plot.curves({"loss": ([1, 2], [5e4, 2.3])}, log=True)
    assert ax.get_yscale() == "log"


def test_bars_carry_their_numbers() -> None:
    ax = plot.bars({"seven": 0.9, "two": 0.1}, highlight="seven", fmt=".0%", xlabel="probability")
    assert texts(ax) == ["90%", "10%"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["seven", "two"]
    colors = [to_hex(bar.get_facecolor()).upper() for bar in cells(ax)]
    assert colors[0] == plot.COLORS["output"] != colors[1]
    assert texts(plot.bars({"conv": 832, "linear": 3212288})) == ["832", "3,212,288"]


# --- Architecture -----------------------------------------------------------------------------

MODEL = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2),
    nn.ReLU(),
    nn.BatchNorm2d(6),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(6 * 14 * 14, 10),
)
STAGES = [
    ("input", (1, 28, 28)),
    ("Conv 5×5\nReLU", (6, 28, 28)),
    ("BatchNorm", (6, 28, 28)),
    ("MaxPool", (6, 14, 14)),
    ("Flatten", (1176,)),
    ("Linear", (10,)),
]


def test_stages_come_from_the_model_and_leave_it_alone() -> None:
    before = MODEL.state_dict()
    assert plot.stages(MODEL, (1, 28, 28)) == STAGES
    assert MODEL.layers[0].x is None
    assert all(np.array_equal(before[name], a) for name, a in MODEL.state_dict().items())


def test_network_names_every_stage_and_its_shape() -> None:
    ax = plot.network(STAGES)
    assert texts(ax)[:2] == ["input", "1\n28×28"]
    assert {"Conv 5×5\nReLU", "6\n14×14", "1176", "10"} <= set(texts(ax))
    assert edges(ax).count(plot.COLORS["input"]) == 1
    assert sum(getattr(text, "arrow_patch", None) is not None for text in ax.texts) == 5


def test_network_labels_do_not_overlap() -> None:
    ax = plot.network(STAGES)
    ax.figure.canvas.draw()
    words = [text.get_window_extent() for text in ax.texts if text.get_text()]
    labels, shapes = words[0::2], words[1::2]
    for row in (labels, shapes):
        assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(row))
