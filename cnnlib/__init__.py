"""A convolutional network in plain NumPy, built up chapter by chapter in the book.

Names, argument order and defaults are PyTorch's; ``import cnnlib`` needs NumPy alone.
"""

from cnnlib import datasets, functional, init, nn, optim, training, windows
from cnnlib.gradcheck import gradcheck, numerical_gradient

__all__ = [
    "datasets",
    "functional",
    "gradcheck",
    "init",
    "nn",
    "numerical_gradient",
    "optim",
    "training",
    "windows",
]
__version__ = "0.1.0"
