"""Numbers that remember how they were made, so that a result knows its derivatives.

Every operation notes, beside its result, by how much the result moves when one of the numbers it
used moves. `backward` multiplies these factors along the graph and adds over all ways.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from cnnlib import checks

Edge: TypeAlias = tuple["Value", float]  # a number that was used, and its factor


class Value:
    """A number, the operation that made it, and its edges: what was used, with which factor.

    ``grad`` is filled by `backward`. Operations have PyTorch's names. Raises TypeError for
    anything but a number.
    """

    __array_ufunc__ = None  # NumPy's numbers leave the arithmetic with a Value to the Value

    def __init__(self, data: float, op: str = "", *edges: Edge) -> None:
        self.data = checks.number("Value", "data", data)
        self.op, self.edges = op, edges
        self.grad = 0.0

    def __repr__(self) -> str:
        return f"Value({self.data:.6g}, grad {self.grad:.6g})"

    def __add__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        return Value(a.data + b.data, "+", (a, 1.0), (b, 1.0))

    def __sub__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        return Value(a.data - b.data, "−", (a, 1.0), (b, -1.0))

    def __mul__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        return Value(a.data * b.data, "×", (a, b.data), (b, a.data))

    def __truediv__(self, other: Value | float) -> Value:
        a, b = self, _value(other)
        y = a.data / b.data
        return Value(y, "÷", (a, 1 / b.data), (b, -y / b.data))

    def __radd__(self, other: float) -> Value:
        return _value(other) + self

    def __rsub__(self, other: float) -> Value:
        return _value(other) - self

    def __rmul__(self, other: float) -> Value:
        return _value(other) * self

    def __rtruediv__(self, other: float) -> Value:
        return _value(other) / self

    def __neg__(self) -> Value:
        return Value(-self.data, "−", (self, -1.0))

    def __pow__(self, n: float) -> Value:
        x, n = self.data, checks.number("Value", "exponent", n)
        return Value(math.pow(x, n), f"^{n:g}", (self, n * math.pow(x, n - 1) if n else 0.0))

    def exp(self) -> Value:
        """e^x, which is its own derivative."""
        y = math.exp(self.data)
        return Value(y, "exp", (self, y))

    def log(self) -> Value:
        """The natural logarithm; its derivative is 1 / x."""
        return Value(math.log(self.data), "log", (self, 1 / self.data))

    def sin(self) -> Value:
        """Of x in radians; its derivative is cos x."""
        return Value(math.sin(self.data), "sin", (self, math.cos(self.data)))

    def cos(self) -> Value:
        """Of x in radians; its derivative is −sin x."""
        return Value(math.cos(self.data), "cos", (self, -math.sin(self.data)))

    def tanh(self) -> Value:
        """Its derivative is 1 − y²."""
        y = math.tanh(self.data)
        return Value(y, "tanh", (self, 1 - y**2))

    def relu(self) -> Value:
        """max(x, 0); its derivative at 0 is 0."""
        x = self.data
        return Value(max(x, 0.0), "relu", (self, 1.0 if x > 0 else 0.0))

    def backward(self) -> None:
        """Add to each number's ``grad`` the derivative of this one with respect to it."""
        values = order(self)
        total = dict.fromkeys(values, 0.0)
        total[self] = 1.0
        for value in reversed(values):
            value.grad += total[value]
            for used, factor in value.edges:
                total[used] += factor * total[value]


def _value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)


def order(result: Value) -> list[Value]:
    """All numbers that ``result`` was made from, each after those it was itself made from."""
    values: list[Value] = []
    seen: set[Value] = set()
    stack = [(result, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            values.append(value)
        elif value not in seen:
            seen.add(value)
            stack.append((value, True))
            stack += [(used, False) for used, _ in reversed(value.edges)]
    return values
