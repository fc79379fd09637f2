"""Every checker accepts the right answer, and names every mistake it knows."""

import importlib
import pkgutil

import numpy as np
import pytest

import cnnlib.exercises
from cnnlib.exercises import Exercise

EXERCISES = {
    f"{info.name}.{key}": value
    for info in pkgutil.iter_modules(cnnlib.exercises.__path__)
    for key, value in vars(importlib.import_module(f"cnnlib.exercises.{info.name}")).items()
    if isinstance(value, Exercise)
}
MISTAKES = [(name, diagnosis) for name, e in EXERCISES.items() for diagnosis in e.mistakes]


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answer_is_accepted(name, capsys):
    exercise = EXERCISES[name]
    exercise(exercise.right)
    assert capsys.readouterr().out == f"{exercise.name}: correct.\n"


@pytest.mark.parametrize(("name", "diagnosis"), MISTAKES)
def test_known_mistake_is_named(name, diagnosis):
    exercise = EXERCISES[name]
    assert exercise.verdict(exercise.mistakes[diagnosis]) == f"not yet. {diagnosis}"


def double(x):
    return 2 * x


DOUBLE = Exercise(
    "double", double, [(np.array([1.0, 2.0]),), (np.array([3.0]),)], {"Halved.": lambda x: x / 2}
)


def in_place(x):
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
def test_verdicts(answer, verdict):
    assert DOUBLE.verdict(answer) == verdict


def test_a_mistake_that_raises_on_later_inputs_is_not_named():
    def picky(x):
        if len(x) == 1:
            raise ValueError
        return x / 2

    assert DOUBLE.verdict(picky).startswith("not yet. For ([1.0, 2.0]): expected")


def test_tuples_and_texts_are_compared_part_by_part():
    pair = Exercise("pair", lambda x: (x, str(x)), [(3,)], {})
    assert pair.verdict(lambda x: [x, str(x)]) == "correct."
    assert pair.verdict(lambda x: (x, x)).startswith("not yet.")
    assert pair.verdict(lambda x: (x,)).startswith("not yet.")
