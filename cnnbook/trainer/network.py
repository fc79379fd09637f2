"""The networks of the book by name, and their initialisations. Data and devices are elsewhere."""

import copy
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from cnnbook import networks
from cnnbook.lenet1998 import lenet5_1998
from cnnbook.trainer.config import Init, Network, checked

Shape = tuple[int, ...]  # channels, height and width
MNIST: Shape = (1, 28, 28)


def build(
    network: Network,
    init: Init = "default",
    generator: torch.Generator | None = None,
    *,
    shape: Shape = MNIST,
    classes: int = 10,
) -> nn.Sequential:
    """(N, C, H, W) -> (N, classes): a network with fresh weights, for images of this shape.

    ``normal`` is the source's: weights and biases from N(0, 1). ``he`` is He's: weights from
    N(0, 2 / fan_in) in every layer, biases 0. ``default`` is what PyTorch does by itself.
    Random numbers come from ``generator`` alone; the global generator is left as it was.
    Raises ValueError for another name, and for images that are too small for the network.
    """
    checked("network", network, Network)
    checked("init", init, Init)
    generator = torch.Generator() if generator is None else generator
    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(generator.get_state())
        model = NETWORKS[network]()
        if (shape, classes) != (MNIST, 10):
            _fit(model, network, shape, classes)
    _initialise(model, init, generator)
    return model


def _fit(model: nn.Sequential, network: Network, shape: Shape, classes: int) -> None:
    """Replace what was made for MNIST: the first convolution and the linear layers."""
    given = f"images of {times(shape)} in {classes} classes"
    if network == "lenet5-1998":
        made_for = f"images of {times(MNIST)} in 10 classes"
        raise ValueError(f"network: {network} expected {made_for}, got {given}")
    x = torch.empty(1, *shape, device="meta")
    for i, layer in enumerate(model):
        if isinstance(layer, nn.Conv2d) and i == 0:
            layer.in_channels = shape[0]
            size = layer.out_channels, shape[0], *layer.kernel_size
            layer.weight = nn.Parameter(torch.empty(size))
            layer.reset_parameters()
        elif isinstance(layer, nn.Linear):
            outputs = classes if i == len(model) - 1 else layer.out_features
            model[i] = nn.Linear(x.shape[1], outputs)
        try:
            x = _on_meta(model[i])(x)
        except RuntimeError as error:
            raise ValueError(f"network: {network} has no room in {given}: {error}") from error


def _normalised(model: nn.Sequential) -> nn.Sequential:
    """The same with batch normalisation after every convolution."""
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


POOL = 0


def _stack(*plan: int, kernel_size: int = 3) -> nn.Sequential:
    """Convolutions of so many maps each, ``kernel_size`` is the first one's, and max pooling.

    Behind each comes batch normalisation, which would take a bias away, and ReLU; behind all
    of them the mean of each map, and one linear layer.
    """
    layers: list[nn.Module] = []
    channels = 1
    for maps in plan:
        if maps == POOL:
            layers.append(nn.MaxPool2d(2))
        else:
            conv = nn.Conv2d(channels, maps, kernel_size, bias=False)
            layers += [conv, nn.BatchNorm2d(maps), nn.ReLU()]
            channels, kernel_size = maps, 3
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


NETWORKS: dict[Network, Callable[[], nn.Sequential]] = {
    "source": lambda: networks.source(nn),
    "lenet5": lambda: networks.lenet(nn),
    "lenet5-bn": lambda: _normalised(networks.lenet(nn)),
    "lenet5-1998": lenet5_1998,
    "official": _official,
    "quick": lambda: _stack(16, 16, POOL, 32, 32, POOL, 64),
    "small": lambda: _stack(12, POOL, 18, 20, POOL, 20, kernel_size=5),
    "tiny": lambda: _stack(5, 6, POOL, 7, 8, POOL, 8),
    "best": lambda: _stack(32, 32, POOL, 64, 64, POOL, 128),
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


def summary(model: nn.Sequential, shape: Shape = MNIST) -> Iterator[str]:
    """One line for each layer: the shape it gives, its number of parameters, what it is."""
    x = torch.empty(1, *shape, device="meta")
    for layer in model:
        x = _on_meta(layer)(x)
        yield f"{times(x.shape[1:]):<16}{count_parameters(layer):>12,}  {layer}"


def _on_meta(layer: nn.Module) -> Callable[[Tensor], Tensor]:
    """The layer that computes shapes alone."""
    return copy.deepcopy(layer).to("meta").eval()


def times(sizes: Iterable[int]) -> str:
    """Such as ``1 x 28 x 28``."""
    return " x ".join(map(str, sizes))
