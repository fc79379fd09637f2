"""Every checker accepts the right answer, and names every mistake it knows."""

from typing import Any

import numpy as np
import pytest
import torch
from checkers import EXERCISES

from cnnbook.exercises import Exercise, input_layer
from cnnbook.exercises.exercise import Function
from cnnlib.checks import Array

MISTAKES = [(name, diagnosis) for name, e in EXERCISES.items() for diagnosis in e.mistakes]


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answer_is_accepted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    exercise = EXERCISES[name]
    exercise(exercise.right)
    assert capsys.readouterr().out == f"{exercise.name}: correct.\n"


@pytest.mark.parametrize(("name", "diagnosis"), MISTAKES)
def test_known_mistake_is_named(name: str, diagnosis: str) -> None:
    exercise = EXERCISES[name]
    assert exercise.verdict(exercise.mistakes[diagnosis]) == f"not yet. {diagnosis}"


def double(x: Array) -> Array:
    return 2 * x


DOUBLE = Exercise(
    "double", double, [(np.array([1.0, 2.0]),), (np.array([3.0]),)], {"Halved.": lambda x: x / 2}
)


def in_place(x: Array) -> Array:
    x *= 2
    return x


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (double, "correct."),
        (lambda x: x + x.copy(), "correct."),
        (lambda x: (2 * x).tolist(), "correct."),
        (lambda x: x / 2, "not yet. Halved."),
        (lambda x: x, "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got [1.0, 2.0]."),
        (
            lambda x: np.where(x < 3, 2 * x, x / 2),
            "not yet. For ([3.0]): expected [6.0], got [1.5].",
        ),
        (lambda x: x > 1, "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got [False, True]."),
        (lambda x: x[1], "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got 2.0."),
        (lambda x: None, "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got None."),
        (lambda x: "2", "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got '2'."),
        (
            lambda x: np.zeros(20),
            "not yet. For ([1.0, 2.0]): expected [2.0, 4.0], got an array of shape (20,).",
        ),
        (in_place, "not yet. For ([1.0, 2.0]) it changes its input."),
        (
            lambda x: 1 / 0,
            "not yet. For ([1.0, 2.0]) it raises ZeroDivisionError: division by zero",
        ),
    ],
)
def test_verdicts(answer: Function, verdict: str) -> None:
    assert DOUBLE.verdict(answer) == verdict


def test_a_mistake_that_raises_on_later_inputs_is_not_named() -> None:
    def picky(x: Array) -> Array:
        if len(x) == 1:
            raise ValueError
        return x / 2

    assert DOUBLE.verdict(picky).startswith("not yet. For ([1.0, 2.0]): expected")


def test_what_cannot_become_numbers_is_wrong_and_no_crash() -> None:
    def as_tensor(x: Any) -> torch.Tensor:
        return torch.tensor(2 * x, requires_grad=True)

    assert DOUBLE.verdict(as_tensor).startswith("not yet. For ([1.0, 2.0]): expected [2.0, 4.0]")
    many = Exercise("many", double, [(np.ones(20),)], {})
    assert many.verdict(as_tensor).startswith("not yet. For (an array of shape (20,)): expected an")
    number = Exercise("number", lambda n: n, [(3,)], {})
    assert number.verdict(str) == "not yet. For (3): expected 3, got '3'."


def test_of_large_arrays_the_first_difference_is_named() -> None:
    zeros = Exercise("zeros", np.zeros, [((2, 8),)], {})
    assert zeros.verdict(np.ones) == "not yet. For ((2, 8)): at [0, 0] expected 0, got 1."
    assert zeros.verdict(np.zeros) == "correct."
    verdict = zeros.verdict(lambda shape: np.full(shape, "a"))
    assert verdict.endswith("expected an array of shape (2, 8), got an array of shape (2, 8).")


def test_an_answer_in_float32_is_right() -> None:
    def prepare(images: Array, mean: Array, std: Array) -> Array:
        x = (images.astype(np.float32) / 255 - mean.astype(np.float32)) / std.astype(np.float32)
        return x.transpose(0, 3, 1, 2)

    assert input_layer.prepare.verdict(prepare) == "correct."


def test_tuples_and_texts_are_compared_part_by_part() -> None:
    pair = Exercise("pair", lambda x: (x, str(x)), [(3,)], {})
    assert pair.verdict(lambda x: [x, str(x)]) == "correct."
    assert pair.verdict(lambda x: (x, x)).startswith("not yet.")
    assert pair.verdict(lambda x: (x,)).startswith("not yet.")
