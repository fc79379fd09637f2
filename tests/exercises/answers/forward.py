"""Answers to the exercise of chapter 7."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905

import math

import numpy as np

from .kinds import Answers

CROSS_ENTROPY = Answers("cross_entropy")


@CROSS_ENTROPY.is_right
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_right
def _(logits, target):
    total = 0.0
    for z, t in zip(logits.tolist(), target):
        m = max(z)
        total += m + math.log(math.fsum(math.exp(v - m) for v in z)) - z[t]
    return total / len(target)


@CROSS_ENTROPY.is_right
def _(logits, target):
    chosen = np.take_along_axis(logits, target[:, None], axis=1)[:, 0]
    return float(np.mean(np.logaddexp.reduce(logits, axis=1) - chosen))


@CROSS_ENTROPY.is_right
def _(logits, target):
    z = np.asfortranarray(logits, np.float32)
    one_hot = np.eye(z.shape[1], dtype=np.float32)[target]
    above = z - (z * one_hot).sum(1, keepdims=True)  # how far above the right class
    most = above.max(1)
    return np.average(most + np.log(np.exp(above.T - most).sum(0)))


@CROSS_ENTROPY.is_common("overflow: nothing is subtracted before exponentiating")
def _(logits, target):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(target)), target]).mean()


@CROSS_ENTROPY.is_common("the logarithm of a probability rounded to 0")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(p)), target]))


@CROSS_ENTROPY.is_common("the sum over the batch instead of the mean")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].sum()


@CROSS_ENTROPY.is_common("the largest logit of the batch is subtracted, not that of the row")
def _(logits, target):
    z = logits - np.max(logits)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_common("[:, target] takes every label from every row")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[:, target].mean()


@CROSS_ENTROPY.is_rarer("a small number is added before the logarithm")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(p)), target] + 1e-12).mean()


@CROSS_ENTROPY.is_rarer("the minus sign is forgotten")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_rarer("the logarithm of the mean instead of the mean of the logarithms")
def _(logits, target):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(p)), target].mean())


@CROSS_ENTROPY.is_rarer("softmax over the images instead of the classes")
def _(logits, target):
    z = logits - logits.max(axis=0)
    log_p = z - np.log(np.exp(z).sum(axis=0))
    return -log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_rarer("the largest logit is subtracted inside, but not from the right class's")
def _(logits, target):
    m = logits.max(axis=1)
    log_sum = np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return (log_sum - logits[np.arange(len(target)), target]).mean()


@CROSS_ENTROPY.is_rarer("keepdims is forgotten: only as many images as classes work")
def _(logits, target):
    z = logits - logits.max(axis=1)
    log_p = z - np.log(np.exp(z).sum(axis=1))
    return -log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_rarer("the mean over images and classes")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(np.eye(logits.shape[1])[target] * log_p).mean()


@CROSS_ENTROPY.is_rarer("the logarithm to the base 2")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z / np.log(2) - np.log2(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].mean()


@CROSS_ENTROPY.is_rarer("one loss for each image, not averaged")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target]


@CROSS_ENTROPY.is_rarer("ten classes are taken for granted")
def _(logits, target):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(np.eye(10)[target] * log_p).sum(axis=1).mean()


@CROSS_ENTROPY.is_rarer("logits are cut off at 700, against overflow")
def _(logits, target):
    e = np.exp(np.clip(logits, -700, 700))
    return np.mean(np.log(e.sum(1)) - logits[np.arange(len(target)), target])


@CROSS_ENTROPY.is_common("a softmax that overflows, and the sum of the losses")
def _(logits, target):
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return -np.log(p[np.arange(len(target)), target]).sum()


@CROSS_ENTROPY.is_common("the logarithm of a softmax, at every label in every row")
def _(logits, target):
    z = logits - logits.max(1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return np.mean(-np.log(p[:, target]))


ANSWERS = {"forward.cross_entropy": CROSS_ENTROPY}
