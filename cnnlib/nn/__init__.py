"""Layers: `cnnlib.functional` with a memory for parameters, gradients and the last input.

A network is made of layers, and a loss tells how wrong its outputs are.
"""

from cnnlib.nn.layers import BatchNorm2d, Conv2d, Linear
from cnnlib.nn.losses import CrossEntropyLoss, MSELoss
from cnnlib.nn.module import Module, Parameter
from cnnlib.nn.sequential import Sequential
from cnnlib.nn.stateless import GELU, AvgPool2d, Flatten, LeakyReLU, MaxPool2d, ReLU, Sigmoid, Tanh

__all__ = ["BatchNorm2d", "Conv2d", "Linear", "Module", "Parameter", "Sequential"]
__all__ += ["GELU", "AvgPool2d", "Flatten", "LeakyReLU", "MaxPool2d", "ReLU", "Sigmoid", "Tanh"]
__all__ += ["CrossEntropyLoss", "MSELoss"]
