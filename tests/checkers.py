"""All checkers of the book, by module and name."""

import importlib
import pkgutil

import cnnbook.exercises
from cnnbook.exercises import Exercise

EXERCISES = {
    f"{info.name}.{key}": value
    for info in pkgutil.iter_modules(cnnbook.exercises.__path__)
    for key, value in vars(importlib.import_module(f"cnnbook.exercises.{info.name}")).items()
    if isinstance(value, Exercise)
}
