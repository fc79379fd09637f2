"""A convolutional network in plain NumPy, built up chapter by chapter in the book.

Names, argument order and defaults are PyTorch's; ``import cnnlib`` needs NumPy alone.
"""

from cnnlib import autograd, datasets, functional, gradcheck, init, nn, optim, training, windows

__all__ = ["autograd", "datasets", "functional", "gradcheck", "init", "nn", "optim"]
__all__ += ["training", "windows"]
__version__ = "0.2.0"
