"""The networks of Part III by name, and their initialisations. Data and devices are elsewhere."""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from cnnbook import networks
from cnnbook.lenet1998 import lenet5_1998
from cnnbook.trainer.config import Init, Network, checked


def build(
    network: Network, init: Init = "default", generator: torch.Generator | None = None
) -> nn.Sequential:
    """(N, 1, 28, 28) -> (N, 10): a network with fresh weights.

    ``normal`` is the source's: weights and biases from N(0, 1). ``he`` is He's: weights from
    N(0, 2 / fan_in) in every layer, biases 0. ``default`` is what PyTorch does by itself.
    Random numbers come from ``generator`` alone; the global generator is left as it was.
    Raises ValueError for another name.
    """
    checked("network", network, Network)
    checked("init", init, Init)
    generator = torch.Generator() if generator is None else generator
    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(generator.get_state())
        model = NETWORKS[network]()
    _initialise(model, init, generator)
    return model


def source_net(init: Init = "normal", generator: torch.Generator | None = None) -> nn.Sequential:
    """(N, 1, 28, 28) -> (N, 10): the network of the source, 3,274,634 parameters."""
    return build("source", init, generator)


def _normalised(model: nn.Sequential) -> nn.Sequential:
    """The same with batch normalisation behind every convolution."""
    layers: list[nn.Module] = []
    for layer in model:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
    return nn.Sequential(*layers)


def _official() -> nn.Sequential:
    """The network of PyTorch's own MNIST example, 1,199,882 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, kernel_size=3),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 12 * 12, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )


def _conv(channels: int, maps: int, kernel_size: int = 3) -> list[nn.Module]:
    """Convolution, batch normalisation, ReLU; the bias would be taken away by the mean."""
    conv = nn.Conv2d(channels, maps, kernel_size, bias=False)
    return [conv, nn.BatchNorm2d(maps), nn.ReLU()]


def _head(channels: int) -> list[nn.Module]:
    """The mean of each map, and one linear layer."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def _stack(a: int, b: int, c: int, d: int, e: int) -> nn.Sequential:
    """Five 3 × 3 convolutions: two, pool, two, pool, one, mean."""
    return nn.Sequential(
        *_conv(1, a),
        *_conv(a, b),
        nn.MaxPool2d(2),
        *_conv(b, c),
        *_conv(c, d),
        nn.MaxPool2d(2),
        *_conv(d, e),
        *_head(e),
    )


def _small() -> nn.Sequential:
    """At most 10,000 parameters."""
    return nn.Sequential(
        *_conv(1, 12, kernel_size=5),
        nn.MaxPool2d(2),
        *_conv(12, 18),
        *_conv(18, 20),
        nn.MaxPool2d(2),
        *_conv(20, 20),
        *_head(20),
    )


NETWORKS: dict[Network, Callable[[], nn.Sequential]] = {
    "source": lambda: networks.source(nn),
    "lenet5": lambda: networks.lenet(nn),
    "lenet5-bn": lambda: _normalised(networks.lenet(nn)),
    "lenet5-1998": lenet5_1998,
    "official": _official,
    "quick": lambda: _stack(16, 16, 32, 32, 64),
    "small": _small,
    "tiny": lambda: _stack(5, 6, 7, 8, 8),
    "best": lambda: _stack(32, 32, 64, 64, 128),
}


def _initialise(model: nn.Module, init: Init, generator: torch.Generator) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if init == "normal":
                for p in layer.parameters():
                    nn.init.normal_(p, generator=generator)
            elif init == "he":
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)


def count_parameters(model: nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(p.numel() for p in model.parameters())


def summary(model: nn.Sequential) -> Iterator[str]:
    """One line for each layer: what it is, the shape it gives, its number of parameters."""
    x = torch.empty(1, 1, 28, 28, device="meta")
    for layer in copy.deepcopy(model).to("meta").eval():
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
