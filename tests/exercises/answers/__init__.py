"""Answers to the code exercises, right and wrong, written without a look at the checkers.

``ANSWERS`` has an entry for each checker, such as ``"output_size.size"``; ``FORMS`` are mistakes
of form, which can be made with any function.
"""

from . import (
    convolution,
    forward,
    graphs,
    input_layer,
    introduction,
    nonlinearity,
    output_size,
    pooling,
)
from .forms import FORMS
from .kinds import Answers, Function, Wrong

__all__ = ["ANSWERS", "FORMS", "Answers", "Function", "Wrong"]

ANSWERS: dict[str, Answers] = {
    **introduction.ANSWERS,
    **input_layer.ANSWERS,
    **convolution.ANSWERS,
    **output_size.ANSWERS,
    **pooling.ANSWERS,
    **nonlinearity.ANSWERS,
    **forward.ANSWERS,
    **graphs.ANSWERS,
}
