"""Mistakes of form, which can be made with any function.

Each entry of ``FORMS`` makes a faulty function from a right one. (The one that changes its
arguments is faulty only where an argument is an array or a list.) Those of ``DOUBTFUL`` make one
whose numbers are right, but not their type: a checker may accept them.
"""

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from .kinds import Function

Maker: TypeAlias = Callable[[Function], Function]
FORMS: list[tuple[str, Maker]] = []
DOUBTFUL: list[tuple[str, Maker]] = []


def form(mistake: str, among: list[tuple[str, Maker]] = FORMS) -> Callable[[Maker], Maker]:
    def enter(maker: Maker) -> Maker:
        among.append((mistake, maker))
        return maker

    return enter


def like(function: Function) -> Callable[[Function], Function]:
    """Give a function the name and the signature of this one."""
    return functools.wraps(function, assigned=("__name__", "__qualname__"), updated=())


@form("the return is forgotten")
def returns_nothing(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> None:
        function(*arguments)

    return faulty


@form("prints instead of returning")
def prints(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> None:
        print(function(*arguments))

    return faulty


@form("yields instead of returning")
def yields(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Iterator[Any]:
        yield function(*arguments)

    return faulty


@form("the last parameter is missing")
def lacks_a_parameter(function: Function) -> Function:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]

    def body(*arguments: Any) -> Any:
        return function(*arguments, 1)

    return with_parameters(function, names[:-1], body)


@form("there is a parameter too many")
def has_another_parameter(function: Function) -> Function:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]

    def body(*arguments: Any) -> Any:
        return function(*arguments[:-1])

    return with_parameters(function, (*names, "extra"), body)


@form("no parameters at all")
def has_no_parameters(function: Function) -> Function:
    return with_parameters(function, (), lambda: 0)


def with_parameters(function: Function, names: tuple[str, ...], body: Function) -> Function:
    """A function of exactly these parameters, as if they had been typed."""
    made: Function = eval(f"lambda {', '.join(names)}: body({', '.join(names)})", {"body": body})
    made.__name__ = made.__qualname__ = function.__name__
    return made


@form("the result has one axis more")
def adds_an_axis(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.asarray(part)[np.newaxis] for part in result)
        return np.asarray(result)[np.newaxis]

    return faulty


@form("the result is wrapped in a tuple of one")
def wraps_in_a_tuple(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        return (function(*arguments),)

    return faulty


@form("the arguments are changed, the result is right")
def changes_its_arguments(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                argument[...] = 0
            elif isinstance(argument, list):
                argument.clear()
        return result

    return faulty


@form("the program is ended")
def exits(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> None:
        print(function(*arguments))
        sys.exit()

    return faulty


@form("an undefined name inside")
def uses_an_undefined_name(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        return function(*arguments) + undefined  # type: ignore[name-defined]  # noqa: F821

    return faulty


@form("a string")
def returns_a_string(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> str:
        return str(function(*arguments))

    return faulty


@form("the function itself, since it is not called")
def returns_a_function(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Function:
        return function

    return faulty


@form("not implemented yet")
def is_not_written(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        raise NotImplementedError

    return faulty


@form("never comes to an end by itself: it calls itself again and again")
def calls_itself(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        return faulty(*arguments)

    return faulty


@form("an Ellipsis, as left by a body of three dots")
def returns_an_ellipsis(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        return ...

    return faulty


@form("all numbers are nan")
def returns_nan(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.asarray(part) * np.nan for part in result)
        return np.asarray(result) * np.nan

    return faulty


@form("a list instead of an array", DOUBTFUL)
def lists_an_array(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        return result.tolist() if isinstance(result, np.ndarray) else result

    return faulty


@form("an array instead of a tuple or list", DOUBTFUL)
def joins_into_an_array(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if not isinstance(result, (tuple, list)):
            return np.asarray(result)
        try:
            return np.array(result)
        except ValueError:  # parts of different shapes
            return np.array([*result, None], dtype=object)[:-1]

    return faulty


@form("a list of parts instead of a tuple, a tuple instead of a list", DOUBTFUL)
def exchanges_tuple_and_list(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, (tuple, list)):
            return list(result) if isinstance(result, tuple) else tuple(result)
        return result

    return faulty


@form("complex numbers, whose imaginary parts are 0", DOUBTFUL)
def returns_complex_numbers(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.asarray(part) + 0j for part in result)
        return np.asarray(result) + 0j

    return faulty


@form("an array of Python objects", DOUBTFUL)
def returns_objects(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.asarray(part).astype(object) for part in result)
        return np.asarray(result).astype(object)

    return faulty


@form("half precision, three digits", DOUBTFUL)
def rounds_to_half_precision(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.asarray(part).astype(np.float16) for part in result)
        return np.asarray(result).astype(np.float16)

    return faulty


@form("a masked array in which nothing is masked", DOUBTFUL)
def returns_a_masked_array(function: Function) -> Function:
    @like(function)
    def faulty(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple):
            return tuple(np.ma.masked_array(part) for part in result)
        return np.ma.masked_array(result)

    return faulty
