"""Slightly other digits in every epoch: turned, scaled, sheared, moved, and bent."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

ROTATION = math.radians(15)
SCALE = 0.15
SHEAR = math.tan(math.radians(15))
SHIFT = 2.0  # pixels of an image of 28 × 28
BEND = 0.8


class Distortions:
    """Endless random distortions: a seed decides which, ``strength`` how far (1 is strong).

    ``draw`` gives them for whole batches, so that several processes can each take their share.
    """

    def __init__(self, seed: int, strength: float = 1.0) -> None:
        self.strength = strength
        self.generator = torch.Generator().manual_seed(seed + 2**32)  # a stream of its own

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """(N, 2, 3) affine maps and (N, 2, 5, 5) displacements, both in halves of the image."""
        angle, width, height, shear, right, down = self._uniform(count)
        cos, sin = torch.cos(angle * ROTATION), torch.sin(angle * ROTATION)
        wide, high = torch.exp(width * SCALE), torch.exp(height * SCALE)
        slant = shear * SHEAR
        rows = [
            torch.stack([cos * wide, (slant * cos - sin) * high, right * SHIFT / 14], 1),
            torch.stack([sin * wide, (slant * sin + cos) * high, down * SHIFT / 14], 1),
        ]
        bends = torch.randn(count, 2, 5, 5, generator=self.generator) * (self.strength * BEND / 14)
        return torch.stack(rows, 1), bends

    def _uniform(self, count: int) -> Tensor:
        return (torch.rand(6, count, generator=self.generator) * 2 - 1) * self.strength

    def state_dict(self) -> dict[str, Any]:
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.generator.set_state(state["generator"])


def distort(images: Tensor, affine: Tensor, bends: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, H, W): each output pixel is read, between pixels, where it points."""
    height, width = images.shape[2:]
    # so that a turned rectangle keeps its angles
    aspect = affine.new_tensor([[1, height / width, 1], [width / height, 1, 1]])
    affine, bends = (affine * aspect).to(images.device), bends.to(images.device)
    grid = affine_grid(affine, list(images.shape), align_corners=False)
    smooth = interpolate(bends, images.shape[2:], mode="bicubic", align_corners=True)
    return grid_sample(images, grid + smooth.permute(0, 2, 3, 1), align_corners=False)
