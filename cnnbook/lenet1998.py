"""LeNet-5 as it was: 60,000 parameters, after LeCun, Bottou, Bengio and Haffner (1998), II.B.

What differs from today's: units with a scaled tanh, subsampling with two parameters a map, a
third layer that sees chosen maps only, and outputs that are distances to ten fixed pictures.
"""

import math

import torch
from torch import Tensor, nn

# Which of the six maps of S2 each of the sixteen maps of C3 reads: the table I of the paper.
C3_READS = (
    [[i, (i + 1) % 6, (i + 2) % 6] for i in range(6)]
    + [[i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6] for i in range(6)]
    + [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]
    + [[0, 1, 2, 3, 4, 5]]
)

# The ten targets of the last layer, 7 × 12. The paper's are drawn by hand, as these are, but
# not the same.
PICTURES = """
.#####. ...#... .#####. .#####. ....##. ####### .#####. ####### .#####. .#####.
#.....# ..##... #.....# #.....# ...#.#. #...... #.....# ......# #.....# #.....#
#.....# .#.#... ......# ......# ..#..#. #...... #...... .....#. #.....# #.....#
#.....# ...#... ......# ......# .#...#. #...... #...... .....#. #.....# #.....#
#.....# ...#... .....#. ..####. #....#. ######. ######. ....#.. .#####. .######
#.....# ...#... ....#.. ......# ####### ......# #.....# ....#.. #.....# ......#
#.....# ...#... ...#... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... ..#.... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... .#..... #.....# .....#. #.....# #.....# ..#.... #.....# #.....#
.#####. .#####. ####### .#####. .....#. .#####. .#####. ..#.... .#####. .#####.
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


class Frame(nn.Module):
    """(N, 1, 28, 28) in 0 … 1 -> (N, 1, 32, 32): background -0.1, ink 1.175, a border of 2."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, (2, 2, 2, 2)) * 1.275 - 0.1


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x/3), which is 1 at 1 and -1 at -1."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsampling(nn.Module):
    """(N, C, H, W) -> (N, C, H/2, W/2): sums of 2 × 2, times a coefficient, plus a bias."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        nn.init.uniform_(self.coefficient, -2.4 / 4, 2.4 / 4)

    def forward(self, x: Tensor) -> Tensor:
        sums: Tensor = 4 * nn.functional.avg_pool2d(x, 2)
        return sums * self.coefficient + self.bias


class PartialConv2d(nn.Module):
    """(N, 6, H, W) -> (N, 16, H - 4, W - 4): each output map reads some input maps only.

    The 60 kernels are laid out as 16 × 6, with any one of them, times 0, where a map is not read.
    """

    layout: Tensor
    reads: Tensor

    def __init__(self) -> None:
        super().__init__()
        pairs = [(out, read) for out, reads in enumerate(C3_READS) for read in reads]
        layout, reads = torch.zeros(16, 6, dtype=torch.int64), torch.zeros(16, 6, 1, 1)
        for i, pair in enumerate(pairs):
            layout[pair], reads[pair] = i, 1
        self.register_buffer("layout", layout, persistent=False)
        self.register_buffer("reads", reads, persistent=False)
        fan_in = [25 * len(C3_READS[out]) for out, _ in pairs]
        bound = torch.tensor([2.4 / n for n in fan_in])[:, None, None]
        self.weight = nn.Parameter((torch.rand(len(pairs), 5, 5) * 2 - 1) * bound)
        self.bias = nn.Parameter(torch.zeros(len(C3_READS)))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight[self.layout] * self.reads, self.bias)


class Distances(nn.Module):
    """(N, 84) -> (N, 10): minus the squared distance to each picture, so that the largest wins.

    Softmax and cross-entropy of these are the loss of equation (9), without its constant term.
    """

    pictures: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pictures", pictures().flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        # Not x[:, None]: exported to ONNX, OpenCV 4 gets that wrong for more than one image.
        return -((x.unflatten(1, (1, -1)) - self.pictures) ** 2).sum(2)


def pictures() -> Tensor:
    """(10, 12, 7): 1 for ink, -1 for paper."""
    lines = [line.split() for line in PICTURES.split("\n") if line]
    return torch.tensor([[[1.0 if c == "#" else -1.0 for c in row[d]] for row in lines]
                         for d in range(10)])  # fmt: skip


def lenet5_1998() -> nn.Sequential:
    """(N, 1, 28, 28) -> (N, 10): the network of 1998, 60,000 parameters."""
    model = nn.Sequential(
        Frame(),
        nn.Conv2d(1, 6, kernel_size=5),
        ScaledTanh(),
        Subsampling(6),
        ScaledTanh(),
        PartialConv2d(),
        ScaledTanh(),
        Subsampling(16),
        ScaledTanh(),
        nn.Conv2d(16, 120, kernel_size=5),
        ScaledTanh(),
        nn.Flatten(),
        nn.Linear(120, 84),
        ScaledTanh(),
        Distances(),
    )
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = 2.4 / math.prod(layer.weight.shape[1:])
            nn.init.uniform_(layer.weight, -bound, bound)
    return model
