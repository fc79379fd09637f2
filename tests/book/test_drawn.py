"""Drawings made by code: what they are, and what the network that is shipped makes of them."""

import numpy as np
import pytest

from cnnbook import drawings, samples
from cnnbook.drawings import NO_DIGIT
from cnnlib.checks import Array
from cnnlib.datasets import to_float
from cnnlib.functional import softmax


def pictures(examples: list[drawings.Example]) -> Array:
    return np.stack([drawings.picture(example.drawing) for example in examples])


def test_no_drawing_is_in_two_sets() -> None:
    rng = np.random.default_rng(0)
    learned = drawings.learned_digits(60, rng)[0], drawings.learned_shapes(60, rng)
    others = pictures(drawings.for_choosing()), pictures(drawings.for_judging())
    every = np.concatenate([*learned, *others]).reshape(-1, 784)
    assert len(np.unique(every, axis=0)) == len(every) == 60 + 60 + 160 + 164
    assert drawings.SHAPES_FOR_CHOOSING.keys().isdisjoint(drawings.SHAPES_FOR_JUDGING)


@pytest.mark.parametrize("examples", [drawings.for_choosing(), drawings.for_judging()])
def test_the_sets_hold_twelve_of_each_digit_and_what_is_none(
    examples: list[drawings.Example],
) -> None:
    counts = np.bincount([example.label for example in examples])
    assert counts[:NO_DIGIT].tolist() == [12] * 10
    assert counts[NO_DIGIT] >= 40
    assert len({example.name for example in examples}) == len(examples)


def test_a_seed_draws_the_same_again() -> None:
    first, again = (drawings.learned_shapes(16, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == (16, 28, 28)
    assert first.dtype == np.uint8
    assert (first.max(axis=(1, 2)) > 127).all()


def test_a_small_drawing_looks_as_a_large_one() -> None:
    """The pen is a ninth of the drawing, from 6 to 24 pixels."""
    three = drawings.drawn("hfmdrfrjmmmmrossowhv")
    large, small = (drawings.placed(three, size) for size in (216, 60))
    assert drawings.pen_width(large) == pytest.approx(24)
    assert drawings.pen_width(small) == pytest.approx(60 / 9)
    assert drawings.pen_width(drawings.placed(three, 30)) == 6
    a, b = (drawings.picture(drawing).astype(float) for drawing in (large, small))
    assert abs(a - b).mean() < 5


def test_the_shipped_reader_does_as_recorded() -> None:
    shipped, examples = samples.recorded("no_digit")["shipped"], drawings.for_judging()
    p = softmax(samples.trained_reader()(to_float(pictures(examples))))
    labels = np.array([example.label for example in examples])
    answers = np.where(p[:, :NO_DIGIT].max(1) >= 0.8, p.argmax(1), NO_DIGIT)
    right = answers == labels
    assert right[labels < NO_DIGIT].sum() == pytest.approx(shipped["drawn"]["right"], abs=1)
    assert right[labels == NO_DIGIT].sum() == pytest.approx(shipped["shapes_declined"], abs=1)
    wrong = {example.name for example, hit in zip(examples, right, strict=True) if not hit}
    assert len(wrong ^ shipped["mistakes"].keys()) <= 1
