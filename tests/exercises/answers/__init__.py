"""Answers to the code exercises, right and wrong, written without a look at the checkers.

``ANSWERS`` has an entry for each checker, such as ``"output_size.size"``; ``FORMS`` are mistakes
of form, which can be made with any function, and ``DOUBTFUL`` are right numbers in another type.
"""

from . import (
    backpropagation,
    convolution,
    forward,
    further,
    gradient_descent,
    graphs,
    input_layer,
    inside,
    introduction,
    mnist,
    nonlinearity,
    optimisers,
    output_size,
    pooling,
)
from .forms import DOUBTFUL, FORMS, Maker
from .kinds import Answers, Described, Function

__all__ = ["ANSWERS", "DOUBTFUL", "FORMS", "Answers", "Described", "Function", "Maker"]

ANSWERS: dict[str, Answers] = {
    **introduction.ANSWERS,
    **input_layer.ANSWERS,
    **convolution.ANSWERS,
    **output_size.ANSWERS,
    **pooling.ANSWERS,
    **nonlinearity.ANSWERS,
    **forward.ANSWERS,
    **graphs.ANSWERS,
    **backpropagation.ANSWERS,
    **gradient_descent.ANSWERS,
    **optimisers.ANSWERS,
    **mnist.ANSWERS,
    **further.ANSWERS,
    **inside.ANSWERS,
}
