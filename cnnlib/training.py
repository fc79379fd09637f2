"""Training in NumPy: show a batch, measure the loss, go back through the layers, take a step.

Afterwards the trained network is asked what it takes each image for, and how often it is right.
"""

import copy
from itertools import chain, count

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array
from cnnlib.datasets import batches
from cnnlib.nn import CrossEntropyLoss, Module
from cnnlib.optim import Optimizer, Schedule


def fit(
    model: Module,
    optimizer: Optimizer,
    images: Array,
    labels: Array,
    steps: int,
    *,
    batch_size: int = 128,
    rng: np.random.Generator,
    schedule: Schedule | None = None,
    criterion: CrossEntropyLoss | None = None,
) -> list[float]:
    """Train for ``steps`` batches, over the images again and again; return the loss of each step.

    images (N, C, H, W), labels (N,); the model is left in training mode.

    Raises
    ------
    ValueError
        If there is no image, the labels are not as many, or one is no class of the model; if
        the optimizer has parameters of another model, or the schedule another optimizer.
    TypeError
        If images is no array, the optimizer none, or rng no `numpy.random.Generator`.
    """
    checks.not_empty("fit", images)
    checks.instance("fit", "rng", rng, np.random.Generator)
    _check_together(model, optimizer, schedule)
    epochs = (batches(images, labels, batch_size=batch_size, rng=rng) for _ in count())
    examples = chain.from_iterable(epochs)
    criterion = criterion or CrossEntropyLoss()
    model.train()
    losses = []
    for _ in range(checks.integer("fit", "steps", steps, low=0)):
        x, target = next(examples)
        optimizer.zero_grad()
        losses.append(criterion(model(x), target))
        model.backward(criterion.backward(), need_dx=False)
        optimizer.step()
        if schedule:
            schedule.step()
    return losses


def predict(model: Module, images: Array, batch_size: int = 1000) -> Array:
    """(N, C, H, W) -> logits (N, K), in evaluation mode, a batch at a time; at least one image.

    The model itself stays as it is, the input that it keeps for `backward` included.
    """
    checks.not_empty("predict", images)
    model = copy.deepcopy(model).eval()
    return np.concatenate([model(x) for (x,) in batches(images, batch_size=batch_size)])


def accuracy(model: Module, images: Array, labels: Array, batch_size: int = 1000) -> float:
    """The part of the images whose largest logit is at their label."""
    logits = predict(model, images, batch_size)
    checks.labels("accuracy", labels, *logits.shape)
    return float(np.mean(logits.argmax(1) == np.asarray(labels)))


def _check_together(model: Module, optimizer: Optimizer, schedule: Schedule | None) -> None:
    """Demand an optimizer of parameters of this model, and a schedule of this optimizer."""
    checks.instance("fit", "optimizer", optimizer, Optimizer)
    if not set(map(id, optimizer.params)) <= set(map(id, model.parameters())):
        raise ValueError("fit expected an optimizer of this model's parameters, got one of others")
    if schedule is not None:
        checks.instance("fit", "schedule", schedule, Schedule)
        if schedule.optimizer is not optimizer:
            raise ValueError("fit expected a schedule of this optimizer, got one of another")
