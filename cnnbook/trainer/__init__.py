"""The MNIST experiments in PyTorch: one trainer for every device, for one process or several.

In Python: ``train(Config(init="he"))``. On the command line: ``python -m cnnbook.trainer``.
"""

from cnnbook.trainer.config import RECIPES, Config
from cnnbook.trainer.data import BatchOrder, Data, Split, load_data, pixels
from cnnbook.trainer.device import choose_device, environment
from cnnbook.trainer.learner import evaluate, train_step
from cnnbook.trainer.loop import Result, train
from cnnbook.trainer.network import build, count_parameters
from cnnbook.trainer.run import History

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
    "train",
    "train_step",
]
