"""Answers to the exercises of chapter 8."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs

import functools
import math

import numpy as np

from .kinds import Answers

DERIVATIVE = Answers("my_derivative")


@DERIVATIVE.is_right
def _(x, y):
    dx = math.cos(x) ** 2 - math.sin(x) ** 2 + 1 / y
    dy = -x / y**2
    return dx, dy


@DERIVATIVE.is_right
def _(x, y):
    return math.cos(2 * x) + 1 / y, -x / (y * y)


@DERIVATIVE.is_right
def _(x, y):
    w3, w4 = math.cos(x), math.sin(x)
    dw7 = 1.0
    dw5 = dw6 = dw7
    dw3, dw4 = dw5 * w4, dw5 * w3
    dw1 = dw3 * -math.sin(x)
    dw1 += dw4 * math.cos(x)
    dw1 += dw6 / y
    dw2 = dw6 * (-x / y**2)
    return [dw1, dw2]


@DERIVATIVE.is_right
def _(x, y):
    def product(a, b):  # (value, d/dx, d/dy): forward instead of backward
        return a[0] * b[0], a[1] * b[0] + a[0] * b[1], a[2] * b[0] + a[0] * b[2]

    first = product((math.cos(x), -math.sin(x), 0), (math.sin(x), math.cos(x), 0))
    second = product((x, 1, 0), (1 / y, 0, -1 / y**2))
    return first[1] + second[1], first[2] + second[2]


@DERIVATIVE.is_common("a plus for the minus: the derivative of the cosine lost its sign")
def _(x, y):
    dx = math.cos(x) ** 2 + math.sin(x) ** 2 + 1 / y
    dy = -x / y**2
    return dx, dy


@DERIVATIVE.is_common("the minus of the derivative with respect to y is missing")
def _(x, y):
    dx = math.cos(x) ** 2 - math.sin(x) ** 2 + 1 / y
    dy = x / y**2
    return dx, dy


@DERIVATIVE.is_common("the product of the derivatives instead of the product rule")
def _(x, y):
    dx = -math.sin(x) * math.cos(x) + 1 / y
    dy = -x / y**2
    return dx, dy


@DERIVATIVE.is_common("the quotient is forgotten in the derivative with respect to x")
def _(x, y):
    return math.cos(x) ** 2 - math.sin(x) ** 2, -x / y**2


@DERIVATIVE.is_common("x is forgotten in the derivative with respect to y")
def _(x, y):
    return math.cos(x) ** 2 - math.sin(x) ** 2 + 1 / y, -1 / y**2


@DERIVATIVE.is_rarer("sin² − cos²: both derivatives have the wrong sign")
def _(x, y):
    return math.sin(x) ** 2 - math.cos(x) ** 2 + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("only one half of the product rule, that of the sine")
def _(x, y):
    return math.cos(x) * math.cos(x) + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("only one half of the product rule, that of the cosine")
def _(x, y):
    return -math.sin(x) * math.sin(x) + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("y first, then x")
def _(x, y):
    return -x / y**2, math.cos(2 * x) + 1 / y


@DERIVATIVE.is_rarer("y is not squared")
def _(x, y):
    return math.cos(2 * x) + 1 / y, -x / y


@DERIVATIVE.is_rarer("the angle is taken to be in degrees")
def _(x, y):
    a = math.radians(x)
    return math.cos(a) ** 2 - math.sin(a) ** 2 + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("x is squared instead of its cosine and sine")
def _(x, y):
    return math.cos(x**2) - math.sin(x**2) + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("1 / y is taken for a constant that vanishes, and so is the minus")
def _(x, y):
    return math.cos(2 * x), x / y**2


@DERIVATIVE.is_rarer("whole-number division")
def _(x, y):
    return math.cos(2 * x) + 1 // y, -x // y**2


@DERIVATIVE.is_rarer("the value instead of a derivative, and one number only")
def _(x, y):
    return math.cos(x) * math.sin(x) + x / y


@DERIVATIVE.is_rarer("the place of the example, 5 and 3, is built in")
def _(x, y):
    return math.cos(10) + 1 / 3, -5 / 9


@DERIVATIVE.is_rarer("a difference quotient with a coarse step")
def _(x, y):
    def f(x, y):
        return math.cos(x) * math.sin(x) + x / y

    h = 0.01
    return (f(x + h, y) - f(x, y)) / h, (f(x, y + h) - f(x, y)) / h


@DERIVATIVE.is_otherwise("NumPy instead of `math`")
def _(x, y):
    return np.cos(2 * x) + 1 / y, -x / np.square(y)


@DERIVATIVE.is_otherwise("a difference quotient")
def _(x, y):
    def f(x, y):
        return math.cos(x) * math.sin(x) + x / y

    h = 1e-5
    return (f(x + h, y) - f(x - h, y)) / (2 * h), (f(x, y + h) - f(x, y - h)) / (2 * h)


BACKWARD = Answers("my_backward")


@BACKWARD.is_right
def _(edges, count):
    grads = [0.0] * count
    grads[-1] = 1.0
    for node in range(count - 1, -1, -1):
        for start, end, factor in edges:
            if end == node:
                grads[start] += factor * grads[node]
    return grads


@BACKWARD.is_right
def _(edges, count):
    grads = np.zeros(count)
    grads[count - 1] = 1
    for start, end, factor in sorted(edges, key=lambda edge: edge[1], reverse=True):
        grads[start] += factor * grads[end]
    return grads


@BACKWARD.is_right
def _(edges, count):
    @functools.cache
    def derivative(node):
        if node == count - 1:
            return 1.0
        return sum(factor * derivative(end) for start, end, factor in edges if start == node)

    return [derivative(node) for node in range(count)]


@BACKWARD.is_right
def _(edges, count):
    factors = np.zeros((count, count))
    for start, end, factor in edges:
        factors[start, end] += factor
    result = np.eye(count)[-1]
    return np.linalg.solve(np.eye(count) - factors, result)


@BACKWARD.is_right
def _(edges, count):
    grad = dict.fromkeys(range(count), 0)
    grad[count - 1] = 1
    for start, end, factor in sorted(edges, reverse=True):  # the highest start first
        grad[start] += factor * grad[end]
    return tuple(grad.values())


@BACKWARD.is_common("the edges are walked in the order given, from the last on")
def _(edges, count):
    grad = [0.0] * count
    grad[count - 1] = 1.0
    for i, j, factor in reversed(edges):
        grad[i] += factor * grad[j]
    return grad


@BACKWARD.is_common("= instead of +=, so that only one path counts")
def _(edges, count):
    grad = [0.0] * count
    grad[count - 1] = 1.0
    for i, j, factor in sorted(edges, key=lambda e: e[1], reverse=True):
        grad[i] = factor * grad[j]
    return grad


@BACKWARD.is_common("the result has no derivative 1 to begin with")
def _(edges, count):
    grad = [0.0] * count
    for node in reversed(range(count)):
        for i, j, factor in edges:
            if j == node:
                grad[i] += factor * grad[j]
    return grad


@BACKWARD.is_common("forward: the derivative of every node with respect to the first")
def _(edges, count):
    grad = [0.0] * count
    grad[0] = 1.0
    for node in range(count):
        for i, j, factor in edges:
            if i == node:
                grad[j] += factor * grad[i]
    return grad


@BACKWARD.is_common("two edges between the same nodes become one in a dictionary")
def _(edges, count):
    factors = {(i, j): factor for i, j, factor in edges}
    grad = [0.0] * count
    grad[-1] = 1.0
    for j in range(count - 1, -1, -1):
        for i in range(j):
            grad[i] += factors.get((i, j), 0) * grad[j]
    return grad


@BACKWARD.is_rarer("the edges are sorted upwards")
def _(edges, count):
    grad = [0.0] * count
    grad[-1] = 1.0
    for i, j, factor in sorted(edges):
        grad[i] += factor * grad[j]
    return grad


@BACKWARD.is_rarer("breadth first: a node is passed on before all has arrived")
def _(edges, count):
    grad = [0.0] * count
    grad[-1] = 1.0
    queue, seen = [count - 1], {count - 1}
    for node in queue:
        for i, j, factor in edges:
            if j == node:
                grad[i] += factor * grad[j]
                if i not in seen:
                    seen.add(i)
                    queue.append(i)
    return grad


@BACKWARD.is_rarer("the first node is left out")
def _(edges, count):
    grad = [0.0] * count
    grad[-1] = 1.0
    for node in range(count - 2, 0, -1):
        for i, j, factor in edges:
            if i == node:
                grad[i] += factor * grad[j]
    return grad


@BACKWARD.is_rarer("None for a node without a path to the result")
def _(edges, count):
    grad = [None] * count
    grad[-1] = 1.0
    for node in range(count - 1, -1, -1):
        for i, j, factor in edges:
            if j == node and grad[j] is not None:
                grad[i] = (grad[i] or 0.0) + factor * grad[j]
    return grad


@BACKWARD.is_rarer("every node begins with 1")
def _(edges, count):
    grad = [1.0] * count
    for node in reversed(range(count)):
        for i, j, factor in edges:
            if j == node:
                grad[i] += factor * grad[j]
    return grad


@BACKWARD.is_rarer("the derivatives are kept as whole numbers")
def _(edges, count):
    grad = np.zeros(count, dtype=int)
    grad[-1] = 1
    for node in reversed(range(count)):
        for i, j, factor in edges:
            if j == node:
                grad[i] += int(factor * grad[j])
    return grad


@BACKWARD.is_rarer("factors are added along a path instead of multiplied")
def _(edges, count):
    grad = [0.0] * count
    grad[-1] = 1.0
    for i, j, factor in sorted(edges, key=lambda e: -e[1]):
        grad[i] += factor + grad[j]
    return grad


@BACKWARD.is_rarer("without the result itself")
def _(edges, count):
    grad = [0.0] * count
    grad[-1] = 1.0
    for i, j, factor in sorted(edges, key=lambda e: e[1], reverse=True):
        grad[i] += factor * grad[j]
    return grad[:-1]


@BACKWARD.is_rarer("only edges that lead straight to the result")
def _(edges, count):
    grad = [0.0] * count
    grad[count - 1] = 1.0
    for i, j, factor in edges:
        if j == count - 1:
            grad[i] += factor
    return grad


@BACKWARD.is_rarer("a dictionary of the nodes that were reached")
def _(edges, count):
    grad = {count - 1: 1.0}
    for i, j, factor in sorted(edges, key=lambda e: e[1], reverse=True):
        if j in grad:
            grad[i] = grad.get(i, 0) + factor * grad[j]
    return grad


@DERIVATIVE.is_rarer("the cosine from the sine, without its sign")
def _(x, y):
    s = math.sin(2 * x)
    return math.sqrt(1 - s * s) + 1 / y, -x / y**2


@DERIVATIVE.is_rarer("the absolute value of x")
def _(x, y):
    return math.cos(2 * x) + 1 / y, -abs(x) / y**2


ANSWERS = {"graphs.derivative": DERIVATIVE, "graphs.backward": BACKWARD}
