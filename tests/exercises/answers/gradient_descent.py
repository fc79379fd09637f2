"""Answers to the exercise of chapter 10."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905

import numpy as np

from .kinds import Answers

REGRESSION_GRADIENT = Answers("regression_gradient")


@REGRESSION_GRADIENT.is_right
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * (e * x).mean(), 2 * e.mean()


@REGRESSION_GRADIENT.is_right
def _(w, b, x, t):
    dw = db = 0.0
    for xi, ti in zip(x, t):
        e = w * xi + b - ti
        dw += 2 * e * xi
        db += 2 * e
    return dw / len(x), db / len(x)


@REGRESSION_GRADIENT.is_right
def _(w, b, x, t):
    design = np.stack([x, np.ones(len(x))])  # one row for each of w and b
    return 2 / len(x) * design @ (np.array([w, b]) @ design - t)


@REGRESSION_GRADIENT.is_right
def _(w, b, x, t):
    x, t = np.float32(x), np.float32(t)
    dw = 2 * (w * np.mean(x**2) + b * np.mean(x) - np.mean(x * t))
    db = 2 * (w * np.mean(x) + b - np.mean(t))
    return [float(dw), float(db)]


@REGRESSION_GRADIENT.is_common("the 2 is forgotten")
def _(w, b, x, t):
    e = w * x + b - t
    return (e * x).mean(), e.mean()


@REGRESSION_GRADIENT.is_common("the sum instead of the mean")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * np.sum(e * x), 2 * np.sum(e)


@REGRESSION_GRADIENT.is_common("the error has the wrong sign")
def _(w, b, x, t):
    e = t - (w * x + b)
    return 2 * np.mean(e * x), 2 * np.mean(e)


@REGRESSION_GRADIENT.is_common("x is forgotten in the derivative with respect to w")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * np.mean(e), 2 * np.mean(e)


@REGRESSION_GRADIENT.is_common("the errors are averaged before they are multiplied by x")
def _(w, b, x, t):
    e = np.mean(w * x + b - t)
    return 2 * e * np.mean(x), 2 * e


@REGRESSION_GRADIENT.is_rarer("b first, then w")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * np.mean(e), 2 * np.mean(e * x)


@REGRESSION_GRADIENT.is_rarer("b is left out of the error")
def _(w, b, x, t):
    e = w * x - t
    return 2 * np.mean(e * x), 2 * np.mean(e)


@REGRESSION_GRADIENT.is_rarer("the errors stay squared")
def _(w, b, x, t):
    e = w * x + b - t
    return np.mean(e**2 * x), np.mean(e**2)


@REGRESSION_GRADIENT.is_rarer("multiplied by w instead of by x")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * np.mean(e * w), 2 * np.mean(e * b)


@REGRESSION_GRADIENT.is_rarer("a number for each point, not averaged")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * e * x / len(x), 2 * e / len(x)


@REGRESSION_GRADIENT.is_rarer("the mean over n − 1 points")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 * (e * x).sum() / (len(x) - 1), 2 * e.sum() / (len(x) - 1)


@REGRESSION_GRADIENT.is_rarer("only the derivative with respect to w is averaged")
def _(w, b, x, t):
    e = w * x + b - t
    return 2 / len(x) * (e @ x), 2 * e.sum()


@REGRESSION_GRADIENT.is_rarer("w and b after a step instead of the derivatives")
def _(w, b, x, t):
    e = w * x + b - t
    return w - 0.1 * 2 * np.mean(e * x), b - 0.1 * 2 * np.mean(e)


@REGRESSION_GRADIENT.is_rarer("the return stands inside the loop")
def _(w, b, x, t):
    dw = db = 0.0
    for i in range(len(x)):
        e = w * x[i] + b - t[i]
        dw += 2 / len(x) * e * x[i]
        db += 2 / len(x) * e
        return dw, db


ANSWERS = {"gradient_descent.regression_gradient": REGRESSION_GRADIENT}
