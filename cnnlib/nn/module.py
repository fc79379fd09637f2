"""What all layers share: parameters that can be listed, saved, loaded and given gradients.

`forward` computes an output, and a call of the layer keeps the input besides. `backward` then
answers two questions: how does the loss change with my parameters (added to their ``grad``), and
how with my input (returned).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self, overload

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array


class Parameter:
    """An array to be learned, ``data``, and the gradient of the loss with respect to it, ``grad``.

    Raises TypeError unless data is a float32 or float64 array.
    """

    def __init__(self, data: Array) -> None:
        checks.floating("Parameter", data=data)
        self.data = data
        self.grad = np.zeros_like(data)

    def __repr__(self) -> str:
        return f"Parameter(shape {self.data.shape}, {self.data.dtype})"


class Module:
    """A layer, or a network of layers. Subclasses write `forward` and `gradients`.

    Layers inside it are attributes; kept in a list or a dictionary they are refused, with a
    TypeError, as soon as anybody asks for the parameters. ``x`` is the last input itself, not a
    copy: it must stay as it is until `backward`, and no attribute may take its name.
    """

    training = True
    buffers: ClassVar[tuple[str, ...]] = ()  # arrays that are saved but not learned
    x: Array | None = None  # the last input

    def __call__(self, x: Array) -> Array:
        """The output for a batch x, which is kept for `backward`."""
        self.x = None  # what fails on its way leaves nothing to go back through
        y = self.forward(x)
        self.x = x
        return y

    def forward(self, x: Array) -> Array:
        """The output for a batch x. Call the layer itself: ``layer(x)``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    @overload
    def backward(self, dy: Array) -> Array: ...
    @overload
    def backward(self, dy: Array, need_dx: bool) -> Array | None: ...
    def backward(self, dy: Array, need_dx: bool = True) -> Array | None:
        """Add the parameters' gradients to ``grad``; return dx, or None if it is not needed.

        Raises RuntimeError if the layer was not called before.
        """
        if self.x is None:
            raise RuntimeError(f"{type(self).__name__} expected forward before backward")
        return self.gradients(dy, self.x, need_dx)

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        """What `backward` does, given the last input x."""
        raise NotImplementedError(f"{type(self).__name__} has no gradients")

    def multiply_adds(self, y_shape: tuple[int, ...]) -> int:
        """Products for one image, its output being y_shape (N, …); 0 unless a layer counts them."""
        return 0

    def extra_repr(self) -> str:
        """What stands between the brackets in the layer's `repr`."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}" for name, child in self.children()]
        inside = "\n".join(["", *lines]).replace("\n", "\n  ") + "\n" if lines else ""
        return f"{type(self).__name__}({self.extra_repr()}{inside})"

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"x": None}  # a copy does not carry the batch

    def children(self) -> Iterator[tuple[str, Module]]:
        """Names and modules directly inside this one."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value
            elif _hides(value):
                found = f"a {type(value).__name__} of them as {name}"
                raise TypeError(f"{type(self).__name__} expected layers as attributes, got {found}")

    def modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it, each with the prefix of its parameters' names."""
        yield prefix, self
        for name, child in self.children():
            yield from child.modules(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters, named as PyTorch names them: '0.weight', '0.bias', …"""
        for prefix, module in self.modules():
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    yield prefix + name, value

    def parameters(self) -> list[Parameter]:
        """All parameters, for an optimizer."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set all gradients to 0. They add up otherwise."""
        for parameter in self.parameters():
            parameter.grad.fill(0)

    def train(self, mode: bool = True) -> Self:
        """Normalise by the batch from now on (or, with False, by the remembered statistics)."""
        for _, module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Normalise by the remembered statistics from now on."""
        return self.train(False)

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters and buffers by name; `torch.from_numpy` makes them PyTorch's."""
        return {name: array.copy() for name, array in self._arrays().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy in what `state_dict` gave, here or in PyTorch (CPU tensors). All of it, or nothing.

        Raises
        ------
        ValueError
            If a name is missing or unknown, a shape differs, or an own array is read-only.
        TypeError
            If state is not a dictionary, or a value not an array of real numbers.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state_dict: expected a dictionary, got {type(state).__name__}")
        own = self._arrays()
        if own.keys() != state.keys():
            missing = [name for name in own if name not in state]
            unknown = [name for name in state if name not in own]
            raise ValueError(f"state_dict: missing {missing}, unknown {unknown}")
        locked = [name for name, array in own.items() if not array.flags.writeable]
        if locked:
            raise ValueError(f"state_dict: expected arrays to write to, got read-only {locked}")
        new = {name: _real(name, state[name], array) for name, array in own.items()}
        for name, array in own.items():
            array[...] = new[name]

    def _arrays(self) -> dict[str, Array]:
        arrays = {name: parameter.data for name, parameter in self.named_parameters()}
        for prefix, module in self.modules():
            arrays |= {prefix + name: getattr(module, name) for name in module.buffers}
        return arrays


def _hides(value: object) -> bool:
    """Is it a list or a dictionary with a module or a parameter somewhere inside?"""
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list | tuple) and any(
        isinstance(item, Module | Parameter) or _hides(item) for item in value
    )


def _real(name: str, value: Any, own: Array) -> Array:
    """A copy of the value with the type of the array that it is to fill, and its shape checked."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"state_dict: expected an array as {name}: {error}") from error
    wanted = "integers" if np.issubdtype(own.dtype, np.integer) else "real numbers"
    if array.dtype.kind not in ("iu" if wanted == "integers" else "iuf"):
        raise TypeError(f"state_dict: expected {wanted} as {name}, got {array.dtype}")
    checks.shape("state_dict:", name, array, own.shape)
    return array.astype(own.dtype)
