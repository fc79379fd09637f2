"""Exercises of the chapter on the source's experiment."""

from __future__ import annotations

import math

from cnnbook.exercises.exercise import Exercise

he_std = Exercise(
    "he_std",
    lambda shape: math.sqrt(2 / math.prod(shape[1:])),
    [((32, 1, 5, 5),), ((64, 32, 5, 3),), ((1024, 3136),)],
    {
        "That is the variance; the standard deviation is its square root.": (
            lambda shape: 2 / math.prod(shape[1:])
        ),
        "The kernel's height and width are forgotten: an output sums over C · kH · kW products.": (
            lambda shape: math.sqrt(2 / shape[1])
        ),
        "That is the fan-out, the first axis with the kernel; the fan-in leaves out the first "
        "axis.": lambda shape: math.sqrt(2 / (shape[0] * math.prod(shape[2:]))),
        "The 2 is missing: ReLU sets half of the numbers to 0, and the 2 makes up for it.": (
            lambda shape: math.sqrt(1 / math.prod(shape[1:]))
        ),
        "That is Xavier's rule, with fan-in and fan-out; He et al. use the fan-in alone.": (
            lambda shape: math.sqrt(2 / (math.prod(shape[2:]) * (shape[0] + shape[1])))
        ),
        "All axes are multiplied; the first one counts the outputs, not what each sums over.": (
            lambda shape: math.sqrt(2 / math.prod(shape))
        ),
    },
)
