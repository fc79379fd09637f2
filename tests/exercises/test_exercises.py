"""Every checker accepts the right answer, and names every mistake it knows."""

import operator
import sys
from typing import Any

import numpy as np
import pytest
import torch
from checkers import EXERCISES

from cnnbook.exercises import Exercise, input_layer
from cnnbook.exercises.exercise import Function
from cnnlib.checks import Array


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answer_is_accepted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    exercise = EXERCISES[name]
    exercise(exercise.right)
    assert capsys.readouterr().out == f"{exercise.name}: correct.\n"


@pytest.mark.parametrize("name", EXERCISES)
def test_known_mistake_is_named(name: str) -> None:
    exercise = EXERCISES[name]
    others = []
    for diagnosis, forms in exercise.mistakes.items():
        for number, form in enumerate(forms):
            with np.errstate(all="ignore"):  # some mistakes are overflows
                verdict = exercise.verdict(form)
            expected = verdict.startswith(("not yet. For ", f"not yet. {diagnosis}"))
            if not (expected and verdict.endswith(f". {diagnosis}")):
                others.append((diagnosis, number, verdict))
    assert others == []


# --- How a checker works, on a small one ---


def double(x: Array) -> Array:
    return 2 * x


SMALL, LARGE = np.array([1.0, 2.0]), np.arange(12.0).reshape(3, 4)
DOUBLE = Exercise("double", double, [(SMALL,), (np.array([3.0]),)], {"Halved.": lambda x: x / 2})
ROWS = Exercise("rows", double, [(LARGE,)], {})


def says(exercise: Exercise, answer: Any) -> str:
    return exercise.verdict(answer).removeprefix("not yet. ")


def as_tensor(x: Array) -> torch.Tensor:
    return torch.tensor(2 * x, requires_grad=True)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (double, "correct."),
        (lambda x: (2 * x).tolist(), "correct."),
        (as_tensor, "correct."),
        (lambda x, factor=2: factor * x, "correct."),
        (lambda x: x / 2, "Halved."),
        (lambda x: x, "For x = [1.0, 2.0]: expected [2.0, 4.0], got [1.0, 2.0]."),
        (lambda x: np.where(x < 3, 2 * x, x), "For x = [3.0]: expected [6.0], got [3.0]."),
        (lambda x: x > 1, "For x = [1.0, 2.0]: expected [2.0, 4.0], got [False, True]."),
        (lambda x: x[1], "For x = [1.0, 2.0]: expected [2.0, 4.0], got 2.0."),
        (lambda x: "2", "For x = [1.0, 2.0]: expected [2.0, 4.0], got '2'."),
        (lambda x: ..., "For x = [1.0, 2.0]: expected [2.0, 4.0], got Ellipsis."),
        (lambda x: double, "For x = [1.0, 2.0]: expected [2.0, 4.0], got a function."),
        (lambda x: 2 * x + 0j, "For x = [1.0, 2.0]: expected [2.0, 4.0], got [(2+0j), (4+0j)]."),
        (
            lambda x: x * 2.000024,
            "For x = [1.0, 2.0]: expected [2.0, 4.0], got [2.000024, 4.000048].",
        ),
        (lambda x: np.zeros(20), "For x = [1.0, 2.0]: expected shape (2,), got (20,)."),
        (
            lambda x: 2 * x[None],
            "For x = [1.0, 2.0]: the numbers are right, the shape is not: "
            "expected (2,), got (1, 2).",
        ),
    ],
)
def test_verdicts(answer: Function, verdict: str) -> None:
    assert says(DOUBLE, answer) == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda x: None, "It returns nothing: is there a return?"),
        (
            lambda x: (2 * n for n in x),
            "It returns a generator, which has computed nothing yet: make a list or array of it.",
        ),
        (lambda x: np.multiply(x, 2, out=x), "It changes its input x: work on a copy."),
        (SMALL, "Hand in the function itself, without ( ); this is [1.0, 2.0]."),
        (None, "Hand in the function itself, without ( ); this is None."),
        (lambda x, y: x + y, "It is called with (x); yours takes (x, y)."),
        (lambda: 2, "It is called with (x); yours takes ()."),
    ],
)
def test_hints_on_the_form(answer: Any, verdict: str) -> None:
    assert says(DOUBLE, answer) == verdict


def test_an_exception_comes_with_input_and_line() -> None:
    def sums(x: Array) -> Array:
        return np.add(x, [1, 2, 3])

    def exits(x: Array) -> Array:
        sys.exit(f"{len(x)}")

    def asserts(x: Array) -> Array:
        raise AssertionError

    assert says(DOUBLE, sums).startswith("For x = [1.0, 2.0] it raises ValueError: operands could")
    assert says(DOUBLE, sums).endswith(": return np.add(x, [1, 2, 3]))")
    assert f"(line {sums.__code__.co_firstlineno + 1}: " in says(DOUBLE, sums)
    assert "it raises SystemExit: 2 (line " in says(DOUBLE, exits)
    assert "it raises AssertionError (line " in says(DOUBLE, asserts)
    assert says(ROWS, exits).startswith("For x of shape (3, 4) (the checker's inputs[0]) it raises")


def test_without_the_source_the_line_is_a_number() -> None:
    space: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x / y", "<cell>", "exec"), space)
    assert says(DOUBLE, space["f"]).endswith("NameError: name 'y' is not defined (line 2)")
    assert says(DOUBLE, operator.itemgetter(5)).endswith(
        "index 5 is out of bounds for axis 0 with size 2"
    )


def test_of_large_arrays_the_first_difference_is_named() -> None:
    place = "For x of shape (3, 4) (the checker's inputs[0])"
    almost = 2 * LARGE
    almost[1, 2] = 0
    assert says(ROWS, lambda x: almost) == f"{place}, at [1, 2]: expected 12.0, got 0.0."
    almost[1, 2] = 12.0002
    assert says(ROWS, lambda x: almost) == f"{place}, at [1, 2]: expected 12.0, got 12.0002."
    assert says(ROWS, lambda x: 2 * x.T).endswith(
        ": the numbers are right, but the axes are in another order."
    )
    assert says(ROWS, lambda x: x[1:]).endswith(": expected shape (3, 4), got (2, 4).")
    assert says(ROWS, lambda x: 3).endswith(": expected an array of shape (3, 4), got 3.")
    assert says(ROWS, lambda x: np.full((3, 4), "a")).endswith("shape (3, 4) of <U1.")


def test_tuples_are_compared_part_by_part() -> None:
    def both(x: Array) -> tuple[Array, float]:
        return 2 * x, x.sum()

    pair = Exercise("pair", both, [(LARGE,)], {}, parts=("dx", "db"))
    place = "For x of shape (3, 4) (the checker's inputs[0])"
    assert says(pair, lambda x: [*both(x)]) == "correct."
    assert says(pair, lambda x: (2 * x, 1)) == f"{place}, result 2 of 2 (db): expected 66.0, got 1."
    assert (
        says(pair, lambda x: (x, x.sum()))
        == f"{place}, result 1 of 2 (dx), at [0, 1]: expected 2.0, got 1.0."
    )
    assert says(pair, lambda x: (2 * x, None)).endswith(
        "result 2 of 2 (db): expected 66.0, got None."
    )
    assert says(pair, lambda x: 2 * x).endswith(
        "expected 2 results (dx, db), got an array of shape (3, 4)."
    )


def test_a_mistake_in_one_part_is_named_whatever_the_others_are() -> None:
    pair = Exercise(
        "pair",
        lambda x: (x, 2 * x),
        [(3.0,), (np.ones((3, 4)),)],
        {
            "Twice.": lambda x: (2 * x, 2 * x),
            "Both.": lambda x: (2 * x, x),
            "db.": lambda x: (x, x),
        },
        parts=("dx", "db"),
    )
    assert says(pair, lambda x: (2 * x, x)) == "Both."
    assert says(pair, lambda x: (2 * x, -x)) == "Twice."
    assert says(pair, lambda x: [-x, x]) == "db."
    assert (
        says(pair, lambda x: (-x, -x)) == "For x = 3.0, result 1 of 2 (dx): expected 3.0, got -3.0."
    )
    assert says(pair, lambda x: 2 * x) == "For x = 3.0: expected 2 results (dx, db), got 6.0."


def test_tuples_of_numbers_may_be_arrays() -> None:
    sizes = Exercise("sizes", lambda n: (n, 2 * n), [(3,)], {})
    for answer in (lambda n: [n, 2 * n], lambda n: np.array([n, 2 * n])):
        assert says(sizes, answer) == "correct."
    assert says(sizes, lambda n: np.array([n, n])) == "For n = 3: expected (3, 6), got [3, 3]."
    assert says(sizes, lambda n: (n,)) == "For n = 3: expected (3, 6), got (3,)."
    assert says(sizes, lambda n: n) == "For n = 3: expected (3, 6), got 3."
    text = Exercise("text", lambda n: (n, str(n)), [(3,)], {})
    assert says(text, lambda n: (n, str(n))) == "correct."
    assert says(text, lambda n: (n, n)) == "For n = 3: expected (3, '3'), got (3, 3)."


def test_a_mistake_has_several_forms_and_may_raise() -> None:
    def only_pairs(x: Array) -> Array:
        assert len(x) == 2
        return x / 2

    halved = Exercise(
        "double",
        double,
        DOUBLE.inputs,
        {"Raises.": lambda x: 1 / 0, "Halved.": [only_pairs, lambda x: x / 2 + 1]},
    )
    assert says(halved, lambda x: x / 2) == says(halved, lambda x: x / 2 + 1) == "Halved."
    assert says(halved, lambda x: x / (2 if len(x) == 2 else 3)) == "Halved."
    assert says(DOUBLE, lambda x: x / 2 if len(x) == 2 else 2 * x).startswith("For x = [1.0, 2.0]")


def test_of_two_mistakes_the_first_to_show_is_named() -> None:
    third = Exercise(
        "third",
        lambda x: x / 3,
        [(1.0,), (-1.0,), (-2.0,)],
        {
            "Halved.": lambda x: x / 2,
            "Cut off.": lambda x: max(x, 0) / 3,
            "No sign.": lambda x: abs(x) / 3,
            "Too large.": lambda x: x / 3 + 1,
        },
    )
    halved = third.mistakes["Halved."][0]
    assert says(third, lambda x: max(halved(x), 0)) == "Halved."
    assert (
        says(third, lambda x: abs(x) / 3 + (x < 0)) == "For x = -1.0: expected -0.3333, got 1.3333."
    )
    assert says(third, lambda x: x / 3 if x < 0 else halved(x)) == (
        "For x = 1.0: expected 0.3333, got 0.5."  # halved would show later, too
    )
    assert says(third, lambda x: 0.5).startswith("For x = 1.0")  # that holds for every x
    assert says(third, lambda x: x / 3 if x > -2 else 1 / 3).startswith("For x = -2.0")
    assert says(third, lambda x: (x > 0) / 3 if x > -2 else 7).startswith("For x = -1.0")  # 0


def test_an_error_is_named_where_a_mistake_raises_the_same() -> None:
    def plus(count: int) -> Function:
        return lambda x: x + np.ones(count)

    mistakes = {"Two are added.": plus(2), "Three are added.": plus(3)}
    added = Exercise("double", double, DOUBLE.inputs, mistakes)
    three, four = plus(3), plus(4)
    assert says(added, three).startswith("For x = [1.0, 2.0] it raises ValueError: operands could")
    assert says(added, three).endswith("). Three are added.")
    assert says(added, four).endswith(": return lambda x: x + np.ones(count))")


def test_an_answer_runs_once_on_each_input_and_prints_until_it_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = []

    def halved(x: Array) -> Array:
        calls.append(x)
        print("I was called")
        return x / 2

    DOUBLE.verdict(halved)
    assert len(calls) == len(DOUBLE.inputs)
    assert capsys.readouterr().out == "I was called\n"


def test_a_right_function_without_signature() -> None:
    largest = Exercise("largest", max, [(3, 4)], {})
    assert says(largest, min) == "For argument 1 = 3, argument 2 = 4: expected 4, got 3."


def test_an_answer_in_float32_is_right() -> None:
    def prepare(images: Array, mean: Array, std: Array) -> Array:
        x = (images.astype(np.float32) / 255 - mean.astype(np.float32)) / std.astype(np.float32)
        return x.transpose(0, 3, 1, 2)

    assert input_layer.prepare.verdict(prepare) == "correct."
