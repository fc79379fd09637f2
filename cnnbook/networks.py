"""The networks of the book, each written once, for `cnnlib.nn` and for `torch.nn`.

``n`` is one of the two; what is ``given``, such as ``rng``, goes to every layer with weights.
"""

from typing import Any


def lenet(n: Any, classes: int = 10, **given: Any) -> Any:
    """(N, 1, 28, 28) -> (N, classes): the modern LeNet-5, 61,706 parameters for ten classes.

    After LeCun et al. (1998), with ReLU, max pooling and fully connected layers.
    """
    return n.Sequential(
        n.Conv2d(1, 6, kernel_size=5, padding=2, **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Conv2d(6, 16, kernel_size=5, **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Flatten(),
        n.Linear(16 * 5 * 5, 120, **given),
        n.ReLU(),
        n.Linear(120, 84, **given),
        n.ReLU(),
        n.Linear(84, classes, **given),
    )


def source(n: Any, **given: Any) -> Any:
    """(N, 1, 28, 28) -> (N, 10): the network of the source, 3,274,634 parameters."""
    return n.Sequential(
        n.Conv2d(1, 32, kernel_size=5, padding="same", **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Conv2d(32, 64, kernel_size=5, padding="same", **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Flatten(),
        n.Linear(7 * 7 * 64, 1024, **given),
        n.ReLU(),
        n.Linear(1024, 10, **given),
    )


def cam(n: Any, **given: Any) -> Any:
    """(N, 1, 28, 28) -> (N, 10): 5,026 parameters; ends in the means of its maps, 14 × 14."""
    return n.Sequential(
        n.Conv2d(1, 8, kernel_size=3, padding=1, bias=False, **given),
        n.BatchNorm2d(8),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Conv2d(8, 16, kernel_size=3, padding=1, bias=False, **given),
        n.BatchNorm2d(16),
        n.ReLU(),
        n.Conv2d(16, 24, kernel_size=3, padding=1, bias=False, **given),
        n.BatchNorm2d(24),
        n.ReLU(),
        n.AvgPool2d(14),
        n.Flatten(),
        n.Linear(24, 10, **given),
    )


def pocket(n: Any, **given: Any) -> Any:
    """(N, 1, 14, 14) -> (N, 10): the source's network for half the size, 3,262 parameters."""
    return n.Sequential(
        n.Conv2d(1, 6, kernel_size=5, padding="same", **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Conv2d(6, 8, kernel_size=3, padding="same", **given),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Flatten(),
        n.Linear(3 * 3 * 8, 32, **given),
        n.ReLU(),
        n.Linear(32, 10, **given),
    )
