"""The MNIST experiments in PyTorch: one trainer for every device, for one process or several.

In Python: ``train(Config(init="he"))``. On the command line: ``python -m cnnbook.trainer``.
"""

from cnnbook.trainer.config import Config, History, Result
from cnnbook.trainer.data import BatchOrder, Data, Split, load_data, pixels
from cnnbook.trainer.machine import choose_device, environment
from cnnbook.trainer.network import build, count_parameters, source_net
from cnnbook.trainer.recipes import RECIPES
from cnnbook.trainer.steps import evaluate, train_step
from cnnbook.trainer.trainer import train

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
