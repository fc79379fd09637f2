"""What a network that reads digits makes of drawings that are none, and what can be done about it.

python -m benchmarks.no_digit     writes cnnbook/weights/reader.npz, cnnbook/results/no_digit.json

Three ways to train the same LeNet, two seeds each: on MNIST alone; on drawn digits as well; and
on shapes as well, as an eleventh class. A network declines by a rule: its score is below a limit,
which was chosen on drawings and images that it did not learn; others judge. One network of the last
kind is trained for longer and shipped, rounded to float16; it alone is judged on the test images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from cnnbook import drawings, samples
from cnnbook.drawings import NO_DIGIT, Example
from cnnbook.machine import machine
from cnnbook.trainer import RECIPES, Data, Split, load_data, pixels, train
from cnnlib.checks import Array

SEEDS, STEPS, AVERAGE = 2, 2_000, 0.998
SHIPPED_STEPS, SHIPPED_AVERAGE = 10_000, 0.999
HELD_OUT = 5_000  # training images of MNIST: one half to choose by, one to judge
DIGITS, SHAPES = 10_000, 15_000  # drawings to learn from
KNOWN = 10_000  # training images that tell where the digits lie
SURE = 0.8  # what the pages ask for
LOST = {"drawn": 0.025, "mnist": 0.01}  # share of the digits that a limit may decline


# --- What is learned, and what judges ---------------------------------------------------------


def learned() -> dict[str, Split]:
    """What each kind of network learns from; labels go to 10 where there are shapes."""
    rng = np.random.default_rng(0)
    rest, _ = samples.hold_out(60_000, HELD_OUT)
    mnist = load_data().train.take(torch.from_numpy(rest))
    drawn = split(*drawings.learned_digits(DIGITS, rng))
    shapes = split(drawings.learned_shapes(SHAPES, rng), np.full(SHAPES, NO_DIGIT))
    return {
        "MNIST": mnist,
        "drawn digits": joined(mnist, drawn),
        "eleventh class": joined(mnist, drawn, shapes),
    }


def split(images: Array, labels: Array) -> Split:
    """uint8 (N, 28, 28), int64 (N,)"""
    return Split(torch.from_numpy(images)[:, None], torch.from_numpy(labels))


def joined(*parts: Split) -> Split:
    """One after the other."""
    return Split(*map(torch.cat, zip(*parts, strict=True)))


def pictures(examples: list[Example]) -> Split:
    """As the network gets them."""
    images = np.stack([drawings.picture(example.drawing) for example in examples])
    return split(images, np.array([example.label for example in examples]))


def fit(kind: Split, data: Data, seed: int, steps: int, average: float) -> nn.Sequential:
    """By the recipe of the augmented LeNet; the test images are not looked at."""
    recipe = replace(RECIPES["lenet5"], steps=steps, average=average, log_every=steps)
    config = replace(recipe, seed=seed, val=HELD_OUT, device="cpu")
    return train(config, data._replace(train=kind)).model.eval()


# --- Rules by which a network declines --------------------------------------------------------


class Outputs(NamedTuple):
    """Of some pictures: the 84 numbers before the last layer, the logits, and the labels."""

    features: Array
    logits: Array
    labels: Array


@torch.inference_mode()
def outputs(model: nn.Sequential, images: Split) -> Outputs:
    """In float64, a batch at a time."""
    features = torch.cat([model[:-1](pixels(x)) for x in images.images.split(1000)])
    logits = model[-1](features)
    return Outputs(features.double().numpy(), logits.double().numpy(), images.labels.numpy())


def log_sum_exp(y: Outputs) -> Array:
    """Of the logits."""
    return np.logaddexp.reduce(y.logits, axis=1)


def probability(y: Outputs) -> Array:
    """The largest of the digits'."""
    return np.exp(y.logits[:, :NO_DIGIT].max(1) - log_sum_exp(y))


def largest_logit(y: Outputs) -> Array:
    """Of the digits."""
    return np.asarray(y.logits.max(1))


Score = Callable[[Outputs], Array]
Rule = tuple[Score, float]  # declined is what has a lower score


def nearness(known: Outputs) -> Score:
    """To the nearest of the ten class means of known digits, before the last layer."""
    means = np.stack([known.features[known.labels == k].mean(0) for k in range(10)])
    return lambda y: -np.min([np.square(y.features - mean).sum(1) for mean in means], axis=0)


def limit(score: Score, drawn: Outputs, mnist: Outputs) -> float:
    """The highest one that declines no more of the digits than may be lost."""
    digits = score(drawn)[drawn.labels < NO_DIGIT]
    bounds = np.quantile(digits, LOST["drawn"]), np.quantile(score(mnist), LOST["mnist"])
    return float(min(bounds))


# --- Judging ----------------------------------------------------------------------------------


class Judges(NamedTuple):
    """Pictures that no network learns."""

    drawn: Split
    mnist: Split


def judges(held: Split) -> tuple[Judges, Judges]:
    """Those to choose by, and those to judge."""
    half = HELD_OUT // 2
    return (
        Judges(pictures(drawings.for_choosing()), Split(*(a[:half] for a in held))),
        Judges(pictures(drawings.for_judging()), Split(*(a[half:] for a in held))),
    )


def rules(model: nn.Sequential, known: Split, choosing: Judges) -> dict[str, Rule]:
    """That of the pages, and for each other score the limit that the drawings choose."""
    scores = {
        "probability": probability,
        "largest logit": largest_logit,
        "log-sum-exp": log_sum_exp,
        "nearness": nearness(outputs(model, known)),
    }
    drawn, mnist = (outputs(model, images) for images in choosing)
    chosen = {name: (score, limit(score, drawn, mnist)) for name, score in scores.items()}
    return {"80 %": (probability, SURE)} | chosen


def answers(y: Outputs, rule: Rule) -> Array:
    """The digit, or 10 where the network declines; what it takes for no digit, it declines too."""
    score, least = rule
    return np.where(score(y) >= least, y.logits.argmax(1), NO_DIGIT)


def counts(labels: Array, answers: Array) -> dict[str, int]:
    """How many digits are read, read wrongly, and declined."""
    digit, given = labels < NO_DIGIT, answers < NO_DIGIT
    kinds = {"right": digit & (answers == labels), "declined": digit & ~given}
    kinds["wrong"] = digit & given & (answers != labels)
    return {name: int(which.sum()) for name, which in kinds.items()}


def verdict(model: nn.Sequential, rule: Rule, images: Judges) -> dict[str, Any]:
    """How a rule does on drawings and on MNIST."""
    drawn, mnist = (outputs(model, part) for part in images)
    found = answers(drawn, rule)
    right = found == drawn.labels
    return {
        "shapes_declined": int(right[drawn.labels == NO_DIGIT].sum()),
        "drawn": counts(drawn.labels, found),
        "ones_right": int(right[drawn.labels == 1].sum()),
        "sixes_right": int(right[drawn.labels == 6].sum()),
        "mnist": counts(mnist.labels, answers(mnist, rule)),
    }


def compare(kind: str, seed: int, images: Split, data: Data) -> list[dict[str, Any]]:
    """One network, by every rule; the eleventh class needs no other than that of the pages."""
    model = fit(images, data, seed, STEPS, AVERAGE)
    choosing, judging = judges(data.val)
    known = Split(*(a[:KNOWN] for a in images))
    found = {"80 %": (probability, SURE)}
    if kind != "eleventh class":
        found |= rules(model, known, choosing)
    return [
        {"network": kind, "seed": seed, "rule": name, "limit": round(rule[1], 3)}
        | verdict(model, rule, judging)
        for name, rule in found.items()
    ]


def ship(images: Split, data: Data) -> dict[str, Any]:
    """Train for longer, round to float16, write, and judge what is rounded."""
    model = fit(images, data, 0, SHIPPED_STEPS, SHIPPED_AVERAGE)
    halves = {name: w.numpy().astype(np.float16) for name, w in model.state_dict().items()}
    model.load_state_dict({name: torch.from_numpy(w).float() for name, w in halves.items()})
    np.savez_compressed(samples.READER, **halves)
    rule = probability, SURE
    _, judging = judges(data.val)
    found = answers(outputs(model, judging.drawn), rule)
    mistakes = {
        example.name: int(answer)
        for example, answer in zip(drawings.for_judging(), found, strict=True)
        if answer != example.label
    }
    test = outputs(model, data.test)
    return (
        {"steps": SHIPPED_STEPS, "average": SHIPPED_AVERAGE, "seed": 0, "mistakes": mistakes}
        | verdict(model, rule, judging)
        | {"test": counts(test.labels, answers(test, rule))}
        | {"test_accuracy": float(np.mean(test.logits[:, :NO_DIGIT].argmax(1) == test.labels))}
    )


def main() -> None:
    """The network that is shipped, then the others; the file is written once, at the end."""
    torch.set_num_threads(1)
    everything = load_data()
    _, held = samples.hold_out(60_000, HELD_OUT)
    data = everything._replace(val=everything.train.take(torch.from_numpy(held)))
    kinds = learned()
    shipped = ship(kinds["eleventh class"], data)
    print(shipped, flush=True)
    runs: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        for kind, images in kinds.items():
            runs += compare(kind, seed, images, data)
            print(*runs[-5:], sep="\n", flush=True)
    learning = {"mnist": len(kinds["MNIST"].labels), "digits": DIGITS, "shapes": SHAPES}
    settings = {"steps": STEPS, "average": AVERAGE, "learned": learning, "lost": LOST}
    content = {"machine": machine()} | settings | {"shipped": shipped, "runs": runs}
    samples.record("no_digit", content)


if __name__ == "__main__":
    main()
