"""Drawings made by code, with the pen of the pages: digits, and what is none.

A drawing is a list of strokes, a stroke an array (points, 2) of x and y on paper of 280 × 280, as
the interactive figures have it. Two sets serve to train a network, `learned_digits` and
`learned_shapes`; two others to choose a rule and to judge it, `for_choosing` and `for_judging`.
No drawing is in two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Curve
from matplotlib.textpath import TextPath
from matplotlib.transforms import IdentityTransform

from cnnbook.digits import normalise_digit
from cnnlib.checks import Array

Drawing = list[Array]
Rng = np.random.Generator

PAPER = 280
THINNEST, THICKEST, EXTENT = 6, 24, 9  # of the pen, and of a drawing in widths of the pen
NO_DIGIT = 10  # its label

# --- The pen ----------------------------------------------------------------------------------


def pen_width(drawing: Drawing) -> float:
    """In pixels: a small drawing gets a thin pen."""
    extent = np.ptp(np.concatenate(drawing), axis=0).max()
    return float(np.clip(extent / EXTENT, THINNEST, THICKEST))


def picture(drawing: Drawing, share: float = 1.0) -> Array:
    """What the network gets, uint8 (28, 28); ``share`` of the usual width of the pen."""
    ink = _ink([_smooth(stroke) for stroke in drawing], share * pen_width(drawing))
    return _prepared(ink)


def drawn(letters: str) -> Drawing:
    """Each point as two letters, x and y, from a to z; "-" lifts the pen."""
    strokes = [[ord(letter) - ord("a") for letter in stroke] for stroke in letters.split("-")]
    return [11.2 * np.reshape(stroke, (-1, 2)) for stroke in strokes]


def placed(drawing: Drawing, size: float = 220, slant: float = 0.0) -> Drawing:
    """As large as that, in the middle of the paper, leaning to the right by ``slant`` degrees."""
    lean = np.array([[1, 0], [-np.tan(np.radians(slant)), 1]])
    leaning = [stroke @ lean for stroke in drawing]
    points = np.concatenate(leaning)
    low, extent = points.min(0), np.ptp(points, axis=0)
    scale = size / max(*extent, 1e-9) if extent.any() else 1.0
    return [(stroke - low - extent / 2) * scale + PAPER / 2 for stroke in leaning]


def _smooth(stroke: Array) -> Curve:
    """Past its points, from middle to middle, as the pages draw it."""
    ends = (stroke + np.concatenate([stroke[1:], stroke[-1:]])) / 2
    points = np.stack([stroke, ends], axis=1).reshape(-1, 2)
    start = stroke[:1] + np.array([0.1, 0])
    codes = [Curve.MOVETO] + [Curve.CURVE3] * len(points)
    return Curve(np.concatenate([start, points]), codes)


def _ink(curves: list[Curve], width: float, *, filled: bool = False) -> Array:
    """(280, 280) in 0 … 1; the first row is the upper one."""
    renderer: Any = RendererAgg(PAPER, PAPER, 72)  # type: ignore[no-untyped-call]
    brush = renderer.new_gc()
    brush.set_linewidth(width)
    brush.set_capstyle("round")
    brush.set_joinstyle("round")
    for curve in curves:
        renderer.draw_path(brush, curve, IdentityTransform(), (0, 0, 0) if filled else None)
    return np.asarray(renderer.buffer_rgba())[::-1, :, 3] / 255


def _prepared(ink: Array) -> Array:
    return np.rint(255 * normalise_digit(ink)).astype(np.uint8)


# --- To learn from ----------------------------------------------------------------------------

# For each digit some ways to write it.
WAYS = [
    ["mdhgflfqhvmxrvtqtlrgmd", "mdjgiljrmxprqlpgmd", "qejdfjeqhwmxrvtpsjpfle"],
    ["mdmx", "jimdmdmx", "hjmdmdmx", "ekmdmdmx", "dnmdmdmx", "ihmdmdmx-hxrx"],
    ["hijeodsgrlmqgwgwtw", "hhkdpdsgrlmrhwgtitmvtw", "hgldqfrjhwhwsw"],
    ["hfmdrfrjmmmmrossowhv", "hdrdrdmkmkrnssowhv", "hgkdpdrhnllmlmrosslwhv"],
    ["jehnhntn-qepx", "gdgmgmsm-qdqx", "qxqdqdfpfptp", "tpfpfpqdqdqx", "kdgogotn-pjox"],
    ["sejejeimimnlsorumwhv", "iehlhlolsqqvlxgv-iere", "sdididhlhlnkrntqrvmxhwgu"],
    ["qdkjhqjwpwsspokpis", "qcifekermyvrulmjgn", "hdhrjwmxrwtrrmmmir", "ocgjfqiwoyususoolmgq"],
    ["gfseseonlx", "fdtdtdlx", "fdtdtdlx-inrn", "fgfdfdtdtdlx", "gergrgsgojmx-jmrm"],
    ["rfmdigklqostnxiukoqkrf", "mdhgjkrptunxgurkrgmd", "mdihlmqhmd-mmgrmyssmm"],
    ["rimdhhjmomririqqpx", "rhmdhfgjkmqkrgrgrx", "rimdgiknpmririruoxiw", "tgldejhqqptgtgsrox"],
]


# Signs that nobody writes like a digit.
SIGNS = (
    "ABCDEFHJKLMNPQRTUVWXYacdefhkmnprtuvwxy?&@#%+=<>*~^ΓΔΛΞΠΣΨΩαβεηκλμπρτφχψω"
    "БДЖИЙЛФЦШЩЮЯ←→↑√∞≈≠∩∪∈∀∇⊕⊗"
)


def learned_digits(count: int, rng: Rng) -> tuple[Array, Array]:
    """uint8 (N, 28, 28), int64 (N,): the digits 0 to 9 in turn, no two pictures alike."""
    labels = np.arange(count) % 10
    return np.stack([_pictured(_digit(int(label), rng), rng) for label in labels]), labels


def learned_shapes(count: int, rng: Rng) -> Array:
    """uint8 (N, 28, 28): printed signs, and drawn strokes, outlines, scribbles, pairs of digits."""
    return np.stack([_drawn_shape(i // 2, rng) if i % 2 else _printed(rng) for i in range(count)])


def _drawn_shape(number: int, rng: Rng) -> Array:
    kinds = _scribble, _strokes, _closed, _pair
    return _pictured(kinds[number % len(kinds)](rng), rng)


def _pictured(drawing: Drawing, rng: Rng) -> Array:
    """Leaning, of any size, by a pen that is thinner or thicker than that of the pages."""
    size, slant = rng.uniform(40, 250), rng.uniform(-20, 25)
    return picture(placed(drawing, size, slant), rng.uniform(0.6, 1.5))


def _digit(label: int, rng: Rng) -> Drawing:
    """Its points moved a little, wide or narrow."""
    wide = np.array([rng.uniform(0.6, 1.3), 1])
    way = drawn(str(rng.choice(WAYS[label])))
    return [wide * (stroke + rng.normal(0, 9, stroke.shape)) for stroke in way]


def _pair(rng: Rng) -> Drawing:
    left, right = (placed(_digit(label, rng), 100) for label in rng.integers(0, 10, 2))
    aside = np.array([rng.uniform(80, 120), rng.uniform(-20, 20)])
    return left + [stroke + aside for stroke in right]


def _scribble(rng: Rng) -> Drawing:
    """A long walk that keeps its direction for a while."""
    turns = rng.normal(0, rng.uniform(0.5, 1.5), rng.integers(15, 40)).cumsum()
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(10, 60, (len(turns), 1))
    return [steps.cumsum(0)]


def _strokes(rng: Rng) -> Drawing:
    """One to five strokes of one to four points, anywhere; a single one lies level."""
    count = rng.integers(1, 6)
    extent = np.array([250, 250 if count > 1 else 40])
    return [extent * rng.random((rng.integers(1, 5), 2)) for _ in range(count)]


def _closed(rng: Rng) -> Drawing:
    """A triangle to a pentagon or a star, sharp, perhaps with something inside."""
    corners, jump = rng.choice([(3, 1), (4, 1), (5, 1), (5, 2), (7, 2), (8, 3)])
    angles = np.arange(corners + 1) * jump * 2 * np.pi / corners + rng.uniform(0, 7)
    radii = rng.uniform(60, 120, 2)
    outline = np.repeat(radii * np.stack([np.cos(angles), np.sin(angles)], axis=1), 2, axis=0)
    inside = [rng.uniform(-50, 50, (rng.integers(1, 4), 2)) for _ in range(rng.integers(0, 4))]
    return [outline, *inside]


def _printed(rng: Rng) -> Array:
    """The outline of a sign, filled, and drawn by a pen as well, which makes it bolder."""
    font = FontProperties(fname=rng.choice(_fonts()))
    points, codes = _sign(str(rng.choice(list(SIGNS))), font)
    (moved,) = placed([points * [rng.uniform(0.7, 1.2), -1]], 220, rng.uniform(-15, 20))
    return _prepared(_ink([Curve(moved, codes)], rng.uniform(0, 16), filled=True))


def _sign(sign: str, font: FontProperties) -> tuple[Array, Array]:
    outline = TextPath((0, 0), sign, size=200, prop=font)
    return outline.vertices, outline.codes


@cache
def _fonts() -> list[str]:
    """The files of the fonts that come with Matplotlib and have all the signs."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files = sorted(folder.glob("DejaVuS*.ttf"))
    return [str(file) for file in files if "Display" not in file.name]


# --- To choose by, and to judge ---------------------------------------------------------------

SHAPES_FOR_CHOOSING = {
    "C": "sgmdghengumxsu",
    "F": "hdhx-hdsd-hmpm",
    "L": "hdhxhxsx",
    "N": "gxgdgdsxsxsd",
    "P": "hxhdhdpdshpmhm",
    "R": "hxhdhdpdshpmhm-lmsx",
    "T": "fdtd-mdmx",
    "U": "gdgqjwoxsusd",
    "V": "fdmxmxtd",
    "W": "cdhxhxmkmkrxrxwd",
    "Y": "fdmmmmtd-mmmx",
    "a": "rikigoivovro-riruty",
    "d": "rnmjhmgrjwowrr-rdrx",
    "e": "hnsnshmfhigojumwsu",
    "f": "sepdmhmx-hmrm",
    "h": "hdhx-hnmkrnrx",
    "k": "hdhx-rjhq-kosx",
    "m": "dxdkdmikmnmxmnqkvnvx",
    "n": "hxhkhnmkrnrx",
    "t": "mcmsovsw-hjrj",
    "w": "ekhwhwmnmnrwrwvk",
    "square": "eeueueuuuueueuee",
    "triangle": "mddvdvvvvvmd",
    "star": "mdhwhwukukekekrwrwmd",
    "arrow": "dmvm-qhvmqr",
    "wave": "bmegjgmmpsstvmyg",
    "spiral": "mnomplnkljjlioirmupturtkqgmegfdk",
    "equals": "fjtj-fptp",
    "tick": "dnjvjvwd",
    "dots": "dm-mm-vm",
    "face": "mbfecmfumxtuwmtemb-ii-qi-hpmsrp",
    "eleven": "hdhx-rdrx",
    "thirty-one": "bdidfkjofrbq-ndnx",
    "stairs": "bxbrbrhrhrhlhlnlnlnfnftftftb",
    "infinity": "mmhheghrmmshvmsrmm",
}
SHAPES_FOR_JUDGING = {
    "A": "fxmdmdtx-iqqq",
    "B": "hxhdhdpdrhpmhmhmrosrpxhx",
    "D": "hxhdhdodtitsoxhx",
    "E": "sdhdhdhxhxsx-hnqn",
    "H": "gdgx-sdsx-gnsn",
    "J": "pdptmxhwgs",
    "K": "hdhx-sdhn-knsx",
    "M": "dxdedemrmrvevevx",
    "Q": "mdghengumxsutnshmd-prux",
    "X": "fdtx-tdfx",
    "b": "hdhx-hqmmrpstpxkxhu",
    "p": "hjhz-hnmjrmsrpwmxhs",
    "u": "hkhshtlxpvrs-rkrx",
    "y": "gjmr-skiz",
    "λ": "hdkfsx-mkgx",
    "π": "fhth-jhix-phpuqxsx",
    "ψ": "ffgmmqsmtf-mdmx",
    "?": "hhjdpdsholmpmr-mw",
    "&": "uxjkjfndqgokgqhwnxup",
    "#": "jdhx-rdpx-ejvj-dqur",
    "%": "tdfx-iehgijlgie-roqrstvrro",
    "+": "mdmx-cnwn",
    "@": "qjmikmkqnrqoqjrqupthmegfdmfumxru",
    "中": "ehuhuhuquqeqeqeh-mbmy",
    "heart": "miiddgclmxmxwlvgqdmi",
    "house": "dxdldlmbmbvlvlvxvxdx-jxjqjqpqpqpx",
    "fish": "cmigqhyr-cmisqryh",
    "smile": "hh-rh-eojtptum",
    "tree": "mzmr-mrdrdrmbmbvrvrmr",
    "note": "qdqs-qskrjuqwqs-qdwh",
    "lightning": "pbgngnqlqlhz",
    "zigzag": "bngfgflslsqfqfvs",
    "ladder": "hbhy-qbqy-hgqg-hlql-hqqq",
    "pentagon": "mcckckgvgvsvsvwkwkmc",
    "dot": "mm",
    "two dots": "hm-rm",
    "level line": "cmwm",
    "forty-two": "dfbobojo-hdhx-lgpdtgshlxlxux",
    "twelve": "cidddddx-jgnesglxlxux",
}

# For each digit the numbers that `_built` takes; the middle two are usual.
BUILT_FOR_CHOOSING = [
    (0.45, 0.6, 0.75, 0.95),
    (0.0, 0.15, 0.25, 0.35),
    (0.22, 0.26, 0.3, 0.34),
    (0.2, 0.23, 0.26, 0.29),
    (0.55, 0.62, 0.68, 0.75),
    (0.26, 0.29, 0.32, 0.35),
    (0.22, 0.27, 0.31, 0.35),
    (0.4, 0.5, 0.6, 0.7),
    (0.18, 0.21, 0.24, 0.27),
    (0.2, 0.24, 0.28, 0.32),
]
BUILT_FOR_JUDGING = [
    (0.5, 0.65, 0.8, 0.9),
    (0.2, 0.3, 0.4, 0.5),
    (0.2, 0.24, 0.28, 0.32),
    (0.19, 0.22, 0.25, 0.28),
    (0.5, 0.58, 0.65, 0.72),
    (0.25, 0.28, 0.31, 0.34),
    (0.26, 0.3, 0.34, 0.38),
    (0.35, 0.45, 0.55, 0.65),
    (0.19, 0.22, 0.25, 0.28),
    (0.18, 0.22, 0.26, 0.3),
]
SLANTS_FOR_CHOOSING, SLANTS_FOR_JUDGING = (-12, 4, 18), (-16, 0, 14)
SIZES = 220, 130, 70, 40
SCRIBBLES = 5


class Example(NamedTuple):
    """A drawing, what it is (`NO_DIGIT` for what is none), and how it is called."""

    name: str
    label: int
    drawing: Drawing


def for_choosing() -> list[Example]:
    """120 digits, and 40 drawings that are none."""
    return _examples(BUILT_FOR_CHOOSING, SLANTS_FOR_CHOOSING, SHAPES_FOR_CHOOSING, seed=1)


def for_judging() -> list[Example]:
    """120 digits, and 44 drawings that are none."""
    return _examples(BUILT_FOR_JUDGING, SLANTS_FOR_JUDGING, SHAPES_FOR_JUDGING, seed=2)


def _examples(
    built: Sequence[Sequence[float]], slants: tuple[int, ...], shapes: dict[str, str], seed: int
) -> list[Example]:
    """In sizes that take turns, all with a little tremor."""
    rng = np.random.default_rng(seed)
    digits = [
        (f"{label} ({number}, {slant}°)", label, placed(_built(label, number), 220, slant))
        for label, numbers in enumerate(built)
        for number in numbers
        for slant in slants
    ]
    others = [(name, NO_DIGIT, placed(drawn(letters))) for name, letters in shapes.items()]
    scribbles = [(f"scribble {i}", NO_DIGIT, placed(_scribble(rng))) for i in range(SCRIBBLES)]
    return [
        Example(name, label, placed(_shaken(drawing, rng), SIZES[i % len(SIZES)]))
        for i, (name, label, drawing) in enumerate(digits + others + scribbles)
    ]


def _shaken(drawing: Drawing, rng: Rng) -> Drawing:
    return [stroke + rng.normal(0, 2, stroke.shape) for stroke in drawing]


def _arc(x: float, y: float, wide: float, high: float, start: float, stop: float) -> Array:
    """Around (x, y), from one angle to another, in steps of about 15°; 0° lies right, 90° below."""
    angles = np.radians(np.linspace(start, stop, round(abs(stop - start) / 15) + 1))
    return np.stack([x + wide * np.cos(angles), y + high * np.sin(angles)], axis=1)


def _line(*points: tuple[float, float]) -> Array:
    """Straight, with sharp corners."""
    return np.repeat(np.array(points, float), 2, axis=0)


def _built(label: int, a: float) -> Drawing:
    """A digit of height 1 from lines and arcs; ``a`` is the size of the part that varies most."""
    return [_zero, _one, _two, _three, _four, _five, _six, _seven, _eight, _nine][label](a)


def _zero(width: float) -> Drawing:
    return [_arc(0, 0.5, width / 2, 0.5, -80, 285)]


def _one(flag: float) -> Drawing:
    return [_line((-0.7 * flag, 0.75 * flag), (0, 0), (0, 1))]


def _two(r: float) -> Drawing:
    return [np.concatenate([_arc(0, r, r, r, 190, 400), _line((-r, 1), (r, 1))])]


def _three(r: float) -> Drawing:
    below = 0.5 - r
    lower = _arc(0, r + 0.5, below, below, 270, 510)
    return [np.concatenate([_arc(0, r, r, r, 200, 450), lower])]


def _four(bar: float) -> Drawing:
    return [_line((0, 0), (-0.3, bar), (0.3, bar)), _line((0.15, 0.35), (0.12, 1))]


def _five(r: float) -> Drawing:
    top = _line((0.25, 0), (-0.2, 0), (-0.22, 0.42))
    return [np.concatenate([top, _arc(0, 1 - r, r, r, 220, 500)])]


def _six(r: float) -> Drawing:
    stem = _arc(r, 1 - r, 2 * r, 1 - r, 285, 180)
    return [np.concatenate([stem, _arc(0, 1 - r, r, r, 165, -170)])]


def _seven(width: float) -> Drawing:
    bar = _line((-0.15, 0.5), (0.2, 0.5))
    return [_line((-width / 2, 0), (width / 2, 0), (-0.05, 1)), bar]


def _eight(r: float) -> Drawing:
    below = 0.5 - r
    lower = _arc(0, 2 * r + below, below, below, 270, -90)
    return [np.concatenate([_arc(0, r, r, r, 90, 450), lower])]


def _nine(r: float) -> Drawing:
    return [np.concatenate([_arc(0, r, r, r, 0, -345), _line((r, r), (0.8 * r, 1))])]
