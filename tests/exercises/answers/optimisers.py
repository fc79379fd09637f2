"""Answers to the exercise of chapter 11."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905

import functools
import math

import numpy as np

from .kinds import Answers

MOMENTUM = Answers("momentum")


@MOMENTUM.is_right
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_right
def _(theta, gradients, lr, mu):
    end = []
    for place, gs in zip(theta.tolist(), gradients.T.tolist()):
        v = 0.0
        for g in gs:
            v = mu * v + lr * g
            place -= v
        end.append(place)
    return end


@MOMENTUM.is_right
def _(theta, gradients, lr, mu):
    steps = len(gradients)
    # Gradient k is in the velocity of all steps from k on, each time weakened by mu.
    shares = [sum(mu**i for i in range(steps - k)) for k in range(steps)]
    return theta - lr * np.dot(shares, gradients)


@MOMENTUM.is_right
def _(theta, gradients, lr, mu):
    def step(state, g):
        place, v = state[0], mu * state[1] + g
        return np.stack([place - lr * v, v])

    start = np.array([theta, np.zeros(len(theta))], np.float64)
    return functools.reduce(step, np.asfortranarray(gradients), start)[0]


@MOMENTUM.is_common("the gradient is weighted by 1 − mu, as in Adam")
def _(theta, gradients, lr, mu):
    v = 0
    for g in gradients:
        v = mu * v + (1 - mu) * g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_common("theta is changed in place, and with it the array of the caller")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta -= lr * v
    return theta


@MOMENTUM.is_common("the step is made before the velocity takes in the new gradient")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        theta = theta - lr * v
        v = mu * v + g
    return theta


@MOMENTUM.is_common("uphill: the step is added")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta = theta + lr * v
    return theta


@MOMENTUM.is_common("the velocity begins with the first gradient, which then counts twice")
def _(theta, gradients, lr, mu):
    v = gradients[0]
    for g in gradients:
        v = mu * v + g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("without the learning rate")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta = theta - v
    return theta


@MOMENTUM.is_rarer("the learning rate is applied twice")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + lr * g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("the velocity begins anew in each step: no momentum")
def _(theta, gradients, lr, mu):
    for g in gradients:
        v = np.zeros_like(theta)
        v = mu * v + g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("mu weakens the gradient instead of the velocity")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = v + mu * g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("Nesterov's momentum")
def _(theta, gradients, lr, mu):
    v = np.zeros_like(theta)
    for g in gradients:
        v = mu * v + g
        theta = theta - lr * (g + mu * v)
    return theta


@MOMENTUM.is_rarer("mu is always 0.9")
def _(theta, gradients, lr, mu):
    v = 0.0
    for g in gradients:
        v = 0.9 * v + g
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("every theta on the way")
def _(theta, gradients, lr, mu):
    v, path = 0.0, []
    for g in gradients:
        v = mu * v + g
        theta = theta - lr * v
        path.append(theta)
    return np.array(path)


@MOMENTUM.is_rarer("the last gradient is left out")
def _(theta, gradients, lr, mu):
    v = 0.0
    for k in range(len(gradients) - 1):
        v = mu * v + gradients[k]
        theta = theta - lr * v
    return theta


@MOMENTUM.is_rarer("one step at the end instead of one for each row")
def _(theta, gradients, lr, mu):
    v = 0.0
    for g in gradients:
        v = mu * v + g
    return theta - lr * v


@MOMENTUM.is_rarer("one velocity for all weights")
def _(theta, gradients, lr, mu):
    v = 0.0
    for g in gradients:
        v = mu * v + g.mean()
        theta = theta - lr * v
    return theta


ADAM = Answers("adam")


@ADAM.is_right
def _(theta, gradients, lr):
    m = v = np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat = m / (1 - 0.9**k)
        v_hat = v / (1 - 0.999**k)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
    return theta


@ADAM.is_right
def _(theta, gradients, lr):
    beta1, beta2, eps = 0.9, 0.999, 1e-8
    result = np.array(theta, float)
    for i in range(len(result)):
        m = v = 0.0
        power1 = power2 = 1.0
        for row in gradients:
            g = float(row[i])
            m += (1 - beta1) * (g - m)
            v += (1 - beta2) * (g * g - v)
            power1 *= beta1
            power2 *= beta2
            result[i] -= lr * (m / (1 - power1)) / (math.sqrt(v / (1 - power2)) + eps)
    return result


@ADAM.is_right
def _(theta, gradients, lr):
    count = len(gradients)
    late = np.arange(count)[:, None] - np.arange(count)  # steps since each gradient
    means = []
    for beta, power in ((0.9, gradients), (0.999, np.square(gradients))):
        weights = np.where(late >= 0, beta ** np.maximum(late, 0), 0)
        means.append(weights / weights.sum(1, keepdims=True) @ power)
    return theta - lr * (means[0] / (means[1] ** 0.5 + 1e-8)).sum(axis=0)


@ADAM.is_right
def _(theta, gradients, lr):
    # The two corrections are put into the learning rate and into epsilon.
    m, v, place = 0.0, 0.0, theta
    for k in range(len(gradients)):
        g = gradients[k]
        m, v = 0.9 * m + (1 - 0.9) * g, 0.999 * v + (1 - 0.999) * g * g
        root = np.sqrt(1 - 0.999 ** (k + 1))
        place = place - lr * root / (1 - 0.9 ** (k + 1)) * m / (np.sqrt(v) + 1e-8 * root)
    return place


@ADAM.is_common("the two means are not corrected")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for g in gradients:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * m / (np.sqrt(v) + 1e-8)
    return theta


@ADAM.is_common("steps are counted from 0, so the first divides by 0")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat = m / (1 - 0.9**k)
        v_hat = v / (1 - 0.999**k)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
    return theta


@ADAM.is_common("the corrected means are carried on")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m = m / (1 - 0.9**k)
        v = v / (1 - 0.999**k)
        theta = theta - lr * m / (np.sqrt(v) + 1e-8)
    return theta


@ADAM.is_common("the correction is that of the first step in every step")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for g in gradients:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9)) / (np.sqrt(v / (1 - 0.999)) + 1e-8)
    return theta


@ADAM.is_common("the square root is forgotten")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9**k)) / (v / (1 - 0.999**k) + 1e-8)
    return theta


@ADAM.is_rarer("epsilon is under the root")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9**k)) / np.sqrt(v / (1 - 0.999**k) + 1e-8)
    return theta


@ADAM.is_rarer("without epsilon: a gradient of 0 gives nan")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9**k)) / np.sqrt(v / (1 - 0.999**k))
    return theta


@ADAM.is_rarer("the gradient is not squared")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g
        theta = theta - lr * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


@ADAM.is_rarer("the two constants are exchanged")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.999 * m + 0.001 * g
        v = 0.9 * v + 0.1 * g**2
        theta = theta - lr * (m / (1 - 0.999**k)) / (np.sqrt(v / (1 - 0.9**k)) + 1e-8)
    return theta


@ADAM.is_rarer("0.99 instead of 0.999")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g**2
        theta = theta - lr * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.99**k)) + 1e-8)
    return theta


@ADAM.is_rarer("only the mean of the gradients is corrected")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9**k)) / (np.sqrt(v) + 1e-8)
    return theta


@ADAM.is_rarer("the gradient itself is divided, not its mean")
def _(theta, gradients, lr):
    v = np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        v = 0.999 * v + 0.001 * g**2
        theta = theta - lr * g / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


@ADAM.is_rarer("theta is changed in place, and with it the array of the caller")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta -= lr * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


@ADAM.is_rarer("one array for both means, since m = v and += changes both")
def _(theta, gradients, lr):
    m = v = np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m += 0.1 * (g - m)
        v += 0.001 * (g**2 - v)
        theta = theta - lr * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


@ADAM.is_rarer("a bracket is missing: epsilon is added to the step")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        theta = theta - (lr * (m / (1 - 0.9**k)) / np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


@ADAM.is_rarer("one size of the gradient for all weights")
def _(theta, gradients, lr):
    m, v = np.zeros_like(theta), 0.0
    for k, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * np.mean(g**2)
        theta = theta - lr * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
    return theta


ANSWERS = {"optimisers.momentum": MOMENTUM, "optimisers.adam": ADAM}
