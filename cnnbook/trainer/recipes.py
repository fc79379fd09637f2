"""Recipes of the book by name. Every number in them was chosen on 5,000 training images."""

from dataclasses import replace

from cnnbook.trainer.config import Config

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
    "quick": replace(MODERN, network="quick", steps=300, lr=0.02, average=0.0, bfloat16=True),
    "tiny": replace(MODERN, network="tiny", steps=10_800, lr=0.02, augment=0.3, weight_decay=0.001),
    "small": replace(
        MODERN,
        network="small",
        steps=14_000,
        lr=0.01,
        augment=0.4,
        weight_decay=0.01,
        bfloat16=True,
    ),
    "lenet5": replace(
        MODERN,
        network="lenet5",
        steps=20_000,
        lr=4e-3,
        augment=0.5,
        weight_decay=0.05,
        average=0.999,
    ),
    "lenet5-1998": replace(
        MODERN, network="lenet5-1998", init="default", steps=9_400, lr=3e-3, augment=0.3
    ),
    "best": replace(
        MODERN, network="best", steps=5_200, lr=5e-3, augment=0.6, weight_decay=0.05, bfloat16=True
    ),
}
