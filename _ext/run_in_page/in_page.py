"""Run what a reader wrote as a cell of a notebook would, in the worker of a page."""

import linecache
import sys
import traceback

import numpy as np
from pyodide.code import eval_code

__all__ = ["run", "versions"]

NAME = "<your answer>"
MODULES = "besides Python's own modules it has NumPy, cnnlib and the checkers of the exercises."
versions = f"Python {sys.version.split()[0]} and NumPy {np.__version__}"


def run(source: str) -> bool:
    """Print what the code prints and its last value, or why it failed; whether it did not."""
    linecache.cache[NAME] = (len(source), None, source.splitlines(keepends=True), NAME)
    try:
        value = eval_code(source, {"__name__": "__main__", "input": no_input}, filename=NAME)
        if value is not None:
            print(repr(value))
        return True
    except BaseException as error:  # SystemExit is the reader's, too
        if isinstance(error, ModuleNotFoundError):
            error.add_note(f"{error.name} is not in the page: {MODULES}")
        print(report(error), end="")
        return False
    finally:
        sys.stdout.flush()


def no_input(prompt: object = "") -> str:
    """Stand for `input`, as nobody could answer it."""
    raise RuntimeError("input() is not available in the page: write the value into the code.")


def report(error: BaseException) -> str:
    """The traceback with the frames of the reader's own code alone."""
    report = traceback.TracebackException.from_exception(error)
    links: list[traceback.TracebackException | None] = [report]
    for link in links:
        if link:
            own = [frame for frame in link.stack if frame.filename == NAME]
            link.stack = traceback.StackSummary.from_list(own)
            links += [link.__cause__, link.__context__]
    return "".join(report.format())
