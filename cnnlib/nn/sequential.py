"""A network as a row of layers: forward from first to last, backward from last to first.

It can tell what it is made of: layer by layer, with shapes, parameters and products.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import overload

import numpy as np

from cnnlib.checks import Array
from cnnlib.nn.module import Module


class Sequential(Module):
    """Layers applied one after the other; ``model[0]`` is the first, ``model[:6]`` a Sequential.

    Raises
    ------
    ValueError
        If there is none, or one of them twice.
    TypeError
        If one is no `Module`.
    """

    def __init__(self, *layers: Module) -> None:
        for layer in layers:
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential expected layers, got {type(layer).__name__}")
        if not layers:
            raise ValueError("Sequential expected at least one layer, got none")
        modules = [id(module) for layer in layers for _, module in layer.modules()]
        if len(set(modules)) < len(modules):
            raise ValueError("Sequential expected every layer once, got one of them twice")
        self.layers = layers

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        found = self.layers[index]
        return Sequential(*found) if isinstance(found, tuple) else found

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def children(self) -> Iterator[tuple[str, Module]]:
        return ((str(i), layer) for i, layer in enumerate(self.layers))

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer(x)
        return x

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        first, *rest = self.layers
        for layer in reversed(rest):
            dy = layer.backward(dy)
        return first.backward(dy, need_dx)

    def flat(self) -> Iterator[Module]:
        """All layers in order, those of a Sequential inside this one too."""
        for layer in self.layers:
            yield from layer.flat() if isinstance(layer, Sequential) else (layer,)

    def trace(self, input_shape: tuple[int, ...]) -> list[tuple[Module, tuple[int, ...]]]:
        """Every layer of `flat` with the shape of its output, for one input of ``input_shape``.

        Shapes are without N: (C, H, W) or (n,). The layers stay as they are: copies are run.
        """
        dtype = next((p.data.dtype for p in self.parameters()), np.dtype(np.float32))
        x, found = np.zeros((1, *input_shape), dtype), []
        for layer in self.flat():
            x = copy.deepcopy(layer).eval()(x)
            found.append((layer, x.shape[1:]))
        return found

    def summary(self, input_shape: tuple[int, ...]) -> str:
        """A table for one input of ``input_shape`` (C, H, W): shapes, parameters, multiply-adds."""
        rows = [("input", _text(input_shape), 0, 0)]
        for layer, shape in self.trace(input_shape):
            count = sum(parameter.data.size for parameter in layer.parameters())
            products = layer.multiply_adds((1, *shape))
            rows.append((type(layer).__name__, _text(shape), count, products))
        rows.append(("total", "", sum(row[2] for row in rows), sum(row[3] for row in rows)))
        head = f"{'layer':<12}{'output shape':<18}{'parameters':>12}{'multiply-adds':>16}"
        return "\n".join([head, *(f"{n:<12}{s:<18}{p:>12,}{m:>16,}" for n, s, p, m in rows)])


def _text(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(["N", *map(str, shape)]) + ")"
