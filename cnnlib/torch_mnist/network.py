"""The source's network and its three initialisations. Nothing here knows about data or devices."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from cnnlib.torch_mnist.config import Init


def source_net(init: Init = "normal", generator: torch.Generator | None = None) -> nn.Sequential:
    """(N, 1, 28, 28) -> (N, 10): the network of the source, 3,274,634 parameters.

    ``normal`` is the source's: weights and biases from N(0, 1). ``he`` is He's: weights from
    N(0, 2 / fan_in) in every layer, biases 0. ``default`` is what PyTorch does by itself.
    Random numbers come from ``generator`` alone; the global generator is left as it was.
    """
    generator = torch.Generator() if generator is None else generator
    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(generator.get_state())
        model = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, kernel_size=5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(7 * 7 * 64, 1024),
            nn.ReLU(),
            nn.Linear(1024, 10),
        )
    _initialise(model, init, generator)
    return model


def _initialise(model: nn.Module, init: Init, generator: torch.Generator) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            if init == "normal":
                nn.init.normal_(layer.weight, generator=generator)
                nn.init.normal_(layer.bias, generator=generator)
            elif init == "he":
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
                nn.init.zeros_(layer.bias)


def count_parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def summary(model: nn.Sequential) -> Iterator[str]:
    """One line for each layer: what it is, the shape it gives, its number of parameters."""
    x = torch.empty(1, 1, 28, 28, device="meta")
    for layer in copy.deepcopy(model).to("meta"):
        x = layer(x)
        yield f"{_kind(layer):<24}{_shape(x):<16}{count_parameters(layer):>12,}"


def _kind(layer: nn.Module) -> str:
    match layer:
        case nn.Conv2d():
            return f"Conv2d {layer.kernel_size[0]}x{layer.kernel_size[1]} {layer.padding}"
        case nn.MaxPool2d():
            return f"MaxPool2d {layer.kernel_size}"
        case _:
            return type(layer).__name__


def _shape(x: Tensor) -> str:
    return " x ".join(str(size) for size in x.shape[1:])
