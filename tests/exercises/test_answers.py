"""Checkers on answers by somebody who had not read them: right, wrong, and wrong in form."""

import re
from typing import Any

import numpy as np
import pytest
from answers import ANSWERS, DOUBTFUL, FORMS, Function, Maker
from checkers import EXERCISES

# What is said of a mistake of form; "correct" where it does no harm
CHANGED = "the arguments are changed, the result is right"
HINTS = {
    "the return is forgotten": "It returns nothing: is there a return",
    "prints instead of returning": "It returns nothing: is there a return",
    "yields instead of returning": "It returns a generator",
    "the last parameter is missing": r"It is called with \(",
    "there is a parameter too many": r"It is called with \(",
    "no parameters at all": r"It is called with \(",
    "the result has one axis more": "the numbers are right, the shape is not|expected",
    "the result is wrapped in a tuple of one": "the numbers are right, the shape is not|expected",
    CHANGED: r"It changes its input \w+: work on a copy",
    "the program is ended": r"it raises SystemExit \(line",
    "an undefined name inside": r"it raises NameError: name 'undefined' is not defined \(line",
    "a string": "got '|got a str",
    "the function itself, since it is not called": "got a function",
    "not implemented yet": r"it raises NotImplementedError \(line",
    "never comes to an end by itself: it calls itself again and again": "it raises RecursionError",
    "an Ellipsis, as left by a body of three dots": "got Ellipsis",
    "all numbers are nan": r"got.*nan|That is nan",
}

# The same of right numbers in another type
TYPES = {
    "a list instead of an array": "correct",
    "an array instead of a tuple or list": "correct",
    "a list of parts instead of a tuple, a tuple instead of a list": "correct",
    "an array of Python objects": "correct",
    "a masked array in which nothing is masked": "correct",
    "complex numbers, whose imaginary parts are 0": r"got .*(j|of complex128)",
    "half precision, three digits": "correct|expected .*, got ",
}

MUTABLE = (np.ndarray, list)


def verdict(name: str, answer: Function) -> str:
    with np.errstate(all="ignore"):  # some answers overflow
        return EXERCISES[name].verdict(answer)


def is_named(name: str, answer: Function) -> bool:
    return verdict(name, answer).endswith(tuple(EXERCISES[name].mistakes))


def others(name: str, forms: list[tuple[str, Maker]], expected: dict[str, str]) -> dict[str, str]:
    """What is said of these forms of a right answer where it is not the expected."""
    found = {form: verdict(name, make(ANSWERS[name].right[0])) for form, make in forms}
    return {form: said for form, said in found.items() if not re.search(expected[form], said)}


def test_every_checker_has_answers() -> None:
    assert ANSWERS.keys() == EXERCISES.keys()
    assert all(len(answers.right) > 2 < len(answers.common) for answers in ANSWERS.values())


@pytest.mark.parametrize("name", ANSWERS)
def test_right_answers_are_accepted(name: str) -> None:
    right = [*ANSWERS[name].right, *(function for _, function in ANSWERS[name].otherwise)]
    assert [verdict(name, function) for function in right] == ["correct."] * len(right)


@pytest.mark.parametrize("name", ANSWERS)
def test_wrong_answers_are_refused(name: str) -> None:
    wrong = ANSWERS[name].common + ANSWERS[name].rarer
    accepted = [what for what, f in wrong if not verdict(name, f).startswith("not yet. ")]
    assert accepted == []


def test_nine_in_ten_of_the_common_mistakes_are_named() -> None:
    common = [(name, f) for name, answers in ANSWERS.items() for _, f in answers.common]
    unnamed = [(name, f) for name, f in common if not is_named(name, f)]
    assert len(unnamed) <= len(common) // 10


@pytest.mark.parametrize("name", ANSWERS)
def test_mistakes_of_form_get_their_hint(name: str) -> None:
    hints = dict(HINTS)
    if not any(isinstance(value, MUTABLE) for value in EXERCISES[name].inputs[0]):
        hints[CHANGED] = "correct"  # there was nothing to change
    assert others(name, FORMS, hints) == {}


@pytest.mark.filterwarnings("ignore:overflow")  # large numbers in half precision
@pytest.mark.parametrize("name", ANSWERS)
def test_right_numbers_may_come_in_other_types(name: str) -> None:
    assert others(name, DOUBTFUL, TYPES) == {}


@pytest.mark.parametrize("name", EXERCISES)
def test_no_constant_is_accepted_or_named(name: str) -> None:
    exercise = EXERCISES[name]
    results = [exercise.right(*given) for given in exercise.inputs]
    assert len(results) > 1

    def always(value: Any) -> Function:
        return lambda *given: value

    for value in [0, 1, *results]:
        assert verdict(name, always(value)).startswith("not yet. For")
        assert not is_named(name, always(value))
