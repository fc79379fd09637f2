"""Figures compared by what they show: elements, places and pixels, with a tolerance.

nbval would compare the text of an SVG; `conftest.py` lets it compare by `difference` instead, since
another processor may move a curve by less than one can see.
"""

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SVG = "image/svg+xml"
DIFFERENT = Path(__file__).resolve().parent.parent / "_build" / "figures"
TOLERANCE = 0.7  # points: a pixel of the page
LEVEL_TOLERANCE = 0.1  # of full brightness, of a pixel in a picture
SHARE_TOLERANCE = 0.002  # of the pixels of a picture
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
PLACED = {"height", "transform", "viewBox", "width", "x", "y"}


def figures(outputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The figures among the outputs of a cell."""
    data = [output.get("data", {}) for output in outputs]
    return [each[SVG] for each in data if SVG in each]


def shrink(png: bytes) -> bytes:
    """The same picture with a palette of 128 colours: a quarter of the size, no visible change."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    small = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def difference(stored: str, fresh: str) -> str | None:
    """None if two figures show the same, else the first thing that differs."""
    elements = [list(ElementTree.fromstring(plain(svg)).iter()) for svg in (stored, fresh)]
    counts = [len(each) for each in elements]
    if counts[0] != counts[1]:
        return f"{counts[1]} elements, stored {counts[0]}"
    return next((text for pair in zip(*elements, strict=True) for text in differences(*pair)), None)


def plain(svg: str) -> str:
    """Without a namespace, and with numbers for ids, which are made from exact places."""
    svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    for number, name in enumerate(re.findall(r' id="([^"]+)"', svg)):
        svg = svg.replace(name, f"id{number}")
    return svg


def differences(stored: Element, fresh: Element) -> Iterator[str]:
    """What differs between two elements, in words."""
    if kind(stored) != kind(fresh):
        yield f"{kind(fresh)}, stored {kind(stored)}"
        return
    for name, old in stored.attrib.items():
        new, name_of = fresh.attrib[name], f"<{stored.tag}> {name}"
        if name == "d":
            if (far := distance(curves(old), curves(new))) > TOLERANCE:
                yield f"a curve lies {far:.1f} points off"
        elif name in PLACED:
            if not near(old, new):
                yield f"{name_of}={new}, stored {old}"
        elif old.startswith("data:"):
            if share := share_of_other_pixels(old, new):
                yield f"{share:.1%} of a picture differs"
        elif old != new:
            yield f"{name_of}={new}, stored {old}"


def kind(element: Element) -> str:
    """All of an element that has to be equal in any case: its name, its text, what it states."""
    return f"<{element.tag} {' '.join(sorted(element.attrib))}>{element.text or ''}"


def near(stored: str, fresh: str) -> bool:
    """Whether two attributes are the same but for numbers that lie close together."""
    if NUMBER.sub("", stored) != NUMBER.sub("", fresh):
        return False
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(fresh), strict=True)
    return all(abs(float(old) - float(new)) <= TOLERANCE for old, new in pairs)


# --- curves ---


def curves(path: str) -> NDArray[np.float64]:
    """The pieces of a path, (n, 2, 2): from where to where, a bend by way of its control points."""
    pieces: list[NDArray[np.float64]] = []
    for part in re.findall("M[^M]*", path):
        points = np.array(NUMBER.findall(part), dtype=np.float64).reshape(-1, 2)
        if part.endswith("z") or len(points) == 1:
            points = np.concatenate([points, points[:1]])
        pieces.append(np.stack([points[:-1], points[1:]], axis=1))
    return np.concatenate(pieces)


def distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How far the ends of the pieces of one path are, at most, from the other path."""
    return max(farthest(one, other), farthest(other, one))


def farthest(pieces: NDArray[np.float64], path: NDArray[np.float64]) -> float:
    """The largest distance of an end of the pieces from the path."""
    starts, ways = path[:, 0], path[:, 1] - path[:, 0]
    lengths = np.maximum((ways**2).sum(1), 1e-12)
    most = 0.0
    for point in np.unique(pieces.reshape(-1, 2), axis=0):
        share = np.clip(((point - starts) * ways).sum(1) / lengths, 0, 1)
        nearest = starts + share[:, None] * ways
        most = max(most, float(np.hypot(*(point - nearest).T).min()))
    return most


# --- pictures within a figure ---


def share_of_other_pixels(stored: str, fresh: str) -> float:
    """The share of pixels that differ visibly, 0 if they are few; 1 for another size."""
    old, new = (pixels(address) for address in (stored, fresh))
    if old.shape != new.shape:
        return 1.0
    share = float((np.abs(old - new).max(axis=2) > LEVEL_TOLERANCE).mean())
    return share if share > SHARE_TOLERANCE else 0.0


def pixels(address: str) -> NDArray[np.float64]:
    """(H, W, 4), from 0 to 1: the picture in a data address."""
    png = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")) / 255


# --- in nbval ---


def problems(
    name: str, stored: Sequence[Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What differs between the figures of two lists of outputs; both are kept to be looked at."""
    old, new = figures(stored), figures(fresh)
    found = [] if len(old) == len(new) else [f"{len(new)} figures, stored {len(old)}"]
    for number, pair in enumerate(zip(old, new, strict=False)):
        if text := difference(*pair):
            found.append(f"figure {number}: {text}; see {keep(f'{name}-{number}', *pair)}")
    return found


def keep(name: str, stored: str, fresh: str) -> str:
    """Write both figures where they can be compared by eye; the names of the two files."""
    DIFFERENT.mkdir(parents=True, exist_ok=True)
    for which, svg in {"stored": stored, "fresh": fresh}.items():
        (DIFFERENT / f"{name}-{which}.svg").write_text(svg, encoding="utf-8")
    return f"_build/figures/{name}-{{stored,fresh}}.svg"
