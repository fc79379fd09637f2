"""The MNIST experiments in PyTorch: one trainer for every device, for one process or several.

In Python: ``train(Config(init="he"))``. On the command line: ``python -m cnnlib.torch_mnist``.
"""

from cnnlib.torch_mnist.config import Config, History, Result
from cnnlib.torch_mnist.data import BatchOrder, Data, Split, load_data, pixels
from cnnlib.torch_mnist.machine import choose_device, environment
from cnnlib.torch_mnist.network import build, count_parameters, source_net
from cnnlib.torch_mnist.recipes import RECIPES
from cnnlib.torch_mnist.steps import evaluate, train_step
from cnnlib.torch_mnist.trainer import train

__all__ = [
    "RECIPES",
    "BatchOrder",
    "Config",
    "Data",
    "History",
    "Result",
    "Split",
    "build",
    "choose_device",
    "count_parameters",
    "environment",
    "evaluate",
    "load_data",
    "pixels",
    "source_net",
    "train",
    "train_step",
]
