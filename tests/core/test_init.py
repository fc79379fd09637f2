"""Initialisations: mean, spread and bounds, and that they are those of torch."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from cnnlib import init

SHAPE = (300, 60, 3, 5)
FAN_IN, FAN_OUT = 60 * 15, 300 * 15

CASES: dict[str, tuple[str, dict[str, Any], float, float]] = {
    "normal": ("normal_", {}, 0, 1),
    "normal, given": ("normal_", {"mean": 3.0, "std": 0.2}, 3, 0.2),
    "uniform": ("uniform_", {}, 0.5, math.sqrt(1 / 12)),
    "uniform, given": ("uniform_", {"low": -1.0, "high": 3.0}, 1, math.sqrt(16 / 12)),
    "xavier_normal": ("xavier_normal_", {}, 0, math.sqrt(2 / (FAN_IN + FAN_OUT))),
    "xavier_normal, gain": ("xavier_normal_", {"gain": 3}, 0, 3 * math.sqrt(2 / 5400)),
    "kaiming_normal": ("kaiming_normal_", {}, 0, math.sqrt(2 / FAN_IN)),
}


@pytest.mark.parametrize(("name", "options", "mean", "std"), CASES.values(), ids=CASES)
def test_mean_spread_and_bounds(
    name: str, options: dict[str, Any], mean: float, std: float
) -> None:
    a = np.empty(SHAPE)
    assert getattr(init, name)(a, **options, rng=np.random.default_rng(0)) is a
    assert a.mean() == pytest.approx(mean, abs=4 * std / math.sqrt(a.size))
    assert a.std() == pytest.approx(std, rel=0.005)
    spread = np.abs(a - mean).max() / std
    assert 1.73 < spread <= math.sqrt(3) if "uniform" in name else 4 < spread < 6


@pytest.mark.parametrize("shape", [(20, 30), (5, 4, 3, 3), (3, 2, 5)])
@pytest.mark.parametrize("name", ["xavier_normal_", "kaiming_normal_"])
def test_spread_of_torch(name: str, shape: tuple[int, ...]) -> None:
    """Many fillings of a small weight, so that each fan counts."""
    rng = np.random.default_rng(0)
    options = {"nonlinearity": "relu"} if "kaiming" in name else {}
    torch.manual_seed(0)
    a, w = np.empty(shape), torch.empty(shape)
    own = np.std([getattr(init, name)(a, rng=rng).copy() for _ in range(300)])
    wanted = np.std([getattr(torch.nn.init, name)(w, **options).numpy().copy() for _ in range(300)])
    assert own == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize("name", ["normal_", "uniform_", "xavier_normal_", "kaiming_normal_"])
def test_type_is_kept_and_the_seed_decides(name: str) -> None:
    one, other = (
        getattr(init, name)(np.empty((4, 5), np.float32), rng=np.random.default_rng(seed))
        for seed in (1, 1)
    )
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, other)


def test_a_part_of_an_array_is_filled_in_place() -> None:
    a = np.zeros((4, 6))
    init.normal_(a[::2], rng=np.random.default_rng(0))
    assert a[::2].all()
    assert not a[1::2].any()
