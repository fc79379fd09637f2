"""How a checker works: it knows the right answer and the usual wrong ones.

Your function runs once on each of a few inputs. Where it is wrong, its outputs are held against
what each known mistake gives on the same inputs, so that the verdict can say what went wrong.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import io
import linecache
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cnnbook.exercises.comparison import (
    SHOWN,
    difference,
    is_whole,
    no_result,
    same,
    text,
)

Function = Callable[..., Any]
WIDTH = 49  # characters that fit on a phone


class Exercise:
    """A question with its right function, inputs to try, and known mistakes by their diagnosis.

    A diagnosis has one function that makes the mistake, or a list of them where it can be made in
    several ways. ``parts`` names the results where there are several; a mistake in one of them is
    then recognised whatever is wrong with the others.
    """

    def __init__(
        self,
        name: str,
        right: Function,
        inputs: Sequence[tuple[Any, ...]],
        mistakes: Mapping[str, Function | Sequence[Function]],
        parts: Sequence[str] = (),
    ) -> None:
        self.name, self.right, self.inputs, self.parts = name, right, inputs, parts
        self.mistakes: dict[str, Sequence[Function]] = {
            diagnosis: [forms] if callable(forms) else forms
            for diagnosis, forms in mistakes.items()
        }
        self.arguments = _names(right, max(map(len, inputs)))
        self._made = functools.cache(self._make)  # one run of a mistake does for all answers

    def __call__(self, answer: Function) -> None:
        """Print the verdict on ``answer``, a function like the one asked for."""
        verdict = textwrap.fill(f"{self.name}: {self.verdict(answer)}", WIDTH)
        encoding = sys.stdout.encoding or "utf-8"  # where it lacks a sign, a ? stands for it
        print(verdict.encode(encoding, "replace").decode(encoding))

    def verdict(self, answer: Function) -> str:
        """What `__call__` prints, without the name."""
        problem = self._no_call(answer) or self._problem(answer)
        return f"not yet. {problem}" if problem else "correct."

    def _make(self, function: Function, number: int) -> Any:
        """Return what the right function, or a mistake, gives on an input."""
        return _run(function, self.inputs[number])[0]

    def _no_call(self, answer: Function) -> str:
        """Return why the answer cannot be called, if so."""
        if not callable(answer):
            return f"Hand in the function itself, without ( ); this is {text(answer)}."
        try:
            signature = inspect.signature(answer)
        except ValueError:  # as in _names
            return ""
        try:
            signature.bind(*self.inputs[0])
        except TypeError:
            return f"It is called with ({', '.join(self.arguments)}); yours takes {signature}."
        return ""

    def _problem(self, answer: Function) -> str:
        """Return what is wrong on the first input where something is."""
        found: list[Any] = []
        for number, given in enumerate(self.inputs):
            result, after = _run(answer, given)
            found.append(result)
            if isinstance(result, BaseException):
                raised = f"For {self._given(number)} it raises {_raised(result, answer)}"
                return ". ".join(filter(None, [raised, self._named(answer, found)]))
            for name, old, new in zip(self.arguments, given, after, strict=False):
                if not same(new, old):
                    return f"It changes its input {name}: work on a copy."
            expected = self._made(self.right, number)
            if not same(result, expected):
                return (
                    no_result(result)
                    or self._named(answer, found)
                    or f"For {self._given(number)}{difference(result, expected, self.parts)}."
                )
        return ""

    def _named(self, answer: Function, found: list[Any]) -> str:
        """Return the diagnosis of a mistake that gives what was found.

        Where none gives all of it, two may have been made. Then it is the only one that gives what
        was found up to the first wrong input, if later inputs don't speak against it.
        """
        first = len(found) - 1
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):  # once will do
            found = found + [_run(answer, given)[0] for given in self.inputs[first + 1 :]]
            right = [self._made(self.right, number) for number in range(len(self.inputs))]

            def diagnoses(fits: Callable[[Callable[[int], Any]], bool]) -> Iterator[str]:
                for diagnosis, forms in self.mistakes.items():
                    if any(fits(functools.partial(self._made, wrong)) for wrong in forms):
                        yield diagnosis

            for results in (found, *self._by_parts(found, right, first)):
                for diagnosis in diagnoses(
                    functools.partial(_explains, found=results, first=first)
                ):
                    return diagnosis
            possible = [*diagnoses(lambda made: _is_one_of_two(made, found, right, first))]
        by_chance = is_whole(found[first]) or all(same(result, found[0]) for result in found)
        return possible[0] if len(possible) == 1 and not by_chance else ""

    def _by_parts(self, found: list[Any], right: list[Any], first: int) -> Iterator[list[Any]]:
        """Yield what was found with all parts set right but one, for each that is wrong."""
        for i in range(len(self.parts)):
            results = [_only(i, *pair) for pair in zip(found, right, strict=True)]
            if not same(results[first], right[first]):
                yield results

    def _given(self, number: int) -> str:
        """Return the arguments by name, and where the large ones can be seen."""
        named, place = [], ""
        for name, value in zip(self.arguments, self.inputs[number], strict=False):
            if isinstance(value, np.ndarray) and value.size > SHOWN:
                named.append(f"{name} of shape {value.shape}")
                place = f" (the checker's inputs[{number}])"
            else:
                named.append(f"{name} = {text(value)}")
        return ", ".join(named) + place


def _names(function: Function, count: int) -> list[str]:
    """Return the names of its first parameters, as far as they have some."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # some functions written in C have no signature
        names = []
    return [*names[:count], *(f"argument {i + 1}" for i in range(len(names), count))]


def _run(function: Function, given: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Call it with a copy; return its result, or what it raises, and the copy."""
    mine = copy.deepcopy(given)
    try:
        return function(*mine), mine
    except (Exception, SystemExit) as error:  # whatever a reader's code may raise
        return error, mine


def _only(i: int, found: Any, right: tuple[Any, ...]) -> Any:
    """Part i as it was found, the others right; what has other parts stays as it is."""
    if not isinstance(found, (tuple, list)) or len(found) != len(right):
        return found
    return *right[:i], found[i], *right[i + 1 :]


def _explains(made: Callable[[int], Any], found: Sequence[Any], first: int) -> bool:
    """Whether a mistake made what was found: the same error at first, later where it runs."""
    for number in range(len(found)):
        result = made(number)
        if isinstance(result, BaseException):
            if number == first and repr(found[first]) != repr(result):
                return False
        elif not same(found[number], result):
            return False
    return True


def _is_one_of_two(
    made: Callable[[int], Any], found: Sequence[Any], right: Sequence[Any], first: int
) -> bool:
    """Whether a mistake made the first wrong result, and all that it spoils later is wrong too."""
    return _explains(made, found[: first + 1], first) and all(
        same(made(number), right[number]) or not same(found[number], right[number])
        for number in range(first + 1, len(found))
    )


def _raised(error: BaseException, answer: Function) -> str:
    """Type, message and the line of the reader's own code."""
    message = f"{type(error).__name__}: {error}".strip(": ")
    own = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is getattr(answer, "__globals__", None)
    ]
    if not own:
        return message
    source = linecache.getline(*own[-1]).strip()
    return f"{message} (line {own[-1][1]}{': ' if source else ''}{source})"
