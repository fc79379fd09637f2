"""Recipes of the book by name. Every number in them was chosen on 5,000 training images."""

from dataclasses import replace

from cnnlib.torch_mnist.config import Config

# What all that follow share; chapter 12 measures what each part is worth.
MODERN = Config(
    init="he",
    schedule="one-cycle",
    average=0.998,
    log_every=100,
    channels_last=True,
)

RECIPES: dict[str, Config] = {
    "source": Config(),
    "lenet5": replace(
        MODERN, network="lenet5", steps=28_200, lr=4e-3, augment=0.5, weight_decay=0.05
    ),
}
