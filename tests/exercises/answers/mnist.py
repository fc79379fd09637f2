"""Answers to the exercise of chapter 12."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: RUF059

import math

import numpy as np

from .kinds import Answers

HE_STD = Answers("he_std")


@HE_STD.is_right
def _(shape):
    return math.sqrt(2 / math.prod(shape[1:]))


@HE_STD.is_right
def _(shape):
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    return (2 / fan_in) ** 0.5


@HE_STD.is_right
def _(shape):
    return np.sqrt(2 / np.empty(shape, np.float32)[0].size)


@HE_STD.is_right
def _(shape):
    if len(shape) == 4:
        _filters, channels, height, width = shape
        return 2**0.5 / (channels * height * width) ** 0.5
    outputs, inputs = shape
    return 2**0.5 / inputs**0.5


@HE_STD.is_right
def he_std(shape):
    if len(shape) == 1:
        return np.float32(2**0.5)
    return he_std(shape[:-1]) / np.sqrt(np.float32(shape[-1]))


@HE_STD.is_common("the variance instead of the deviation")
def _(shape):
    fan_in = np.prod(shape[1:])
    return 2 / fan_in


@HE_STD.is_common("the kernel is left out: channels only")
def _(shape):
    fan_in = shape[1]
    return np.sqrt(2 / fan_in)


@HE_STD.is_common("fan-out for a linear layer: the first axis is taken for the inputs")
def _(shape):
    fan_in = shape[0] if len(shape) == 2 else shape[1] * shape[2] * shape[3]
    return np.sqrt(2 / fan_in)


@HE_STD.is_common("all axes, that of the outputs too")
def _(shape):
    return np.sqrt(2 / np.prod(shape))


@HE_STD.is_common("1 instead of 2, without the factor for ReLU")
def _(shape):
    return 1 / math.sqrt(math.prod(shape[1:]))


@HE_STD.is_rarer("only convolutions: four axes are taken for granted")
def _(shape):
    F, C, kH, kW = shape
    return np.sqrt(2 / (C * kH * kW))


@HE_STD.is_rarer("only the kernel: the channels are left out")
def _(shape):
    if len(shape) == 4:
        return np.sqrt(2 / (shape[2] * shape[3]))
    return np.sqrt(2 / shape[1])


@HE_STD.is_rarer("fan-out: filters times kernel")
def _(shape):
    return math.sqrt(2 / (shape[0] * math.prod(shape[2:])))


@HE_STD.is_rarer("kernels are taken to be square")
def _(shape):
    if len(shape) == 2:
        return math.sqrt(2 / shape[1])
    return math.sqrt(2 / (shape[1] * shape[2] ** 2))


@HE_STD.is_rarer("the last axis only")
def _(shape):
    return math.sqrt(2 / shape[-1])


@HE_STD.is_rarer("Glorot's rule, with inputs and outputs")
def _(shape):
    area = math.prod(shape[2:])
    return math.sqrt(2 / (shape[0] * area + shape[1] * area))


@HE_STD.is_rarer("the root of the 2 only")
def _(shape):
    return math.sqrt(2) / math.prod(shape[1:])


@HE_STD.is_rarer("PyTorch's default: a uniform distribution within ± 1 / √fan-in")
def _(shape):
    return math.sqrt(1 / (3 * math.prod(shape[1:])))


@HE_STD.is_rarer("the sizes are added instead of multiplied")
def _(shape):
    return math.sqrt(2 / sum(shape[1:]))


@HE_STD.is_rarer("weights drawn at random, and their measured deviation")
def _(shape):
    w = np.random.default_rng(0).normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
    return w.std()


ANSWERS = {"mnist.he_std": HE_STD}
