"""Optimizers and schedules: thirty steps, equal to torch's to the last digits."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from strategies import Numbers, to_torch

from cnnlib import optim
from cnnlib.nn import Parameter

STEPS = 30
SHAPES = [(3, 2), (4,), (1, 2, 3, 3)]

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.02}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.02}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.01}),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.9)}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.02}),
]


def parameters(dtype: str = "float64") -> tuple[list[Parameter], list[torch.nn.Parameter]]:
    n = Numbers(dtype)
    own = [Parameter(n.normal(*shape)) for shape in SHAPES]
    return own, [torch.nn.Parameter(to_torch(p.data)) for p in own]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=str)
def test_optimizer_like_torch(name: str, options: dict[str, Any]) -> None:
    own, of_torch = parameters()
    optimizer = getattr(optim, name)(own, **options)
    reference = getattr(torch.optim, name)(of_torch, **options)
    n = Numbers(seed=1)
    for _ in range(STEPS):
        for p, q in zip(own, of_torch, strict=True):
            p.grad[...] = n.normal(*p.data.shape) + p.data
            q.grad = to_torch(p.grad)
        optimizer.step()
        reference.step()
        for p, q in zip(own, of_torch, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=0, atol=1e-12)
            np.testing.assert_array_equal(p.grad, q.grad.numpy())


@pytest.mark.parametrize("shape", [(), (0,), (300, 400)], ids=str)
def test_adam_takes_arrays_of_any_size_and_order(shape: tuple[int, ...]) -> None:
    n = Numbers()
    own = Parameter(np.array(n.normal(*shape), order="F"))
    of_torch = torch.nn.Parameter(to_torch(own.data))
    own.grad[...] = n.normal(*shape)
    of_torch.grad = to_torch(own.grad)
    optim.Adam([own]).step()
    torch.optim.Adam([of_torch]).step()
    np.testing.assert_allclose(own.data, of_torch.detach().numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=str)
def test_optimizer_works_in_place_and_keeps_the_type(name: str, options: dict[str, Any]) -> None:
    own, _ = parameters("float32")
    kept = [(p.data, p.grad) for p in own]
    optimizer = getattr(optim, name)(iter(own), **options)
    state = [vars(optimizer)[key] for key in ("velocity", "m", "v") if key in vars(optimizer)]
    arrays = [array for group in state for array in group]
    for _ in range(2):
        for p in own:
            p.grad += 1
        before = [p.data.copy() for p in own]
        optimizer.step()
        assert all((p.data < a).any() for p, a in zip(own, before, strict=True))
    for p, (data, grad) in zip(own, kept, strict=True):
        assert p.data is data
        assert p.grad is grad
        assert data.dtype == np.float32
    after = [array for group in state for array in group]
    assert all(a is b and a.dtype == np.float32 for a, b in zip(arrays, after, strict=True))


def test_zero_grad() -> None:
    own, _ = parameters()
    optimizer = optim.SGD(own)
    for p in own:
        p.grad += 1
    optimizer.zero_grad()
    assert not any(p.grad.any() for p in own)


def test_step_goes_against_the_gradient() -> None:
    """By lr times the slope in SGD; the first step of Adam is lr, whatever the slope."""
    for name, expected in (("SGD", [2.4, -160]), ("Adam", [2.9, -199.9])):
        p = Parameter(np.array([3.0, -200.0]))
        p.grad[...] = 2 * p.data
        getattr(optim, name)([p], lr=0.1).step()
        np.testing.assert_allclose(p.data, expected)


def test_plain_sgd_remembers_no_infinite_gradient() -> None:
    p = Parameter(np.array([1.0]))
    optimizer = optim.SGD([p], lr=0.5)
    p.grad[:] = np.inf
    optimizer.step()
    p.data[:], p.grad[:] = 1, 4
    optimizer.step()
    assert p.data == -1


def test_adam_without_gradient_stands_still() -> None:
    p = Parameter(np.ones(2))
    optimizer = optim.Adam([p])
    optimizer.step()
    np.testing.assert_array_equal(p.data, 1)


Make = Callable[[Any, Any], Any]
SCHEDULES: dict[str, Make] = {
    "StepLR": lambda schedules, o: schedules.StepLR(o, 7),
    "StepLR gamma": lambda schedules, o: schedules.StepLR(o, 1, gamma=0.9),
    "CosineAnnealingLR": lambda schedules, o: schedules.CosineAnnealingLR(o, 30),
    "CosineAnnealingLR up again": lambda schedules, o: schedules.CosineAnnealingLR(o, 12, 0.01),
}
CYCLES: list[dict[str, Any]] = [
    {},
    {"pct_start": 0.5},
    {"pct_start": 0.0},
]


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_like_torch(name: str) -> None:
    own, of_torch = parameters()
    optimizer, reference = optim.SGD(own, lr=0.3), torch.optim.SGD(of_torch, lr=0.3)
    compare_rates(
        optimizer,
        reference,
        SCHEDULES[name](optim, optimizer),
        SCHEDULES[name](torch.optim.lr_scheduler, reference),
        STEPS,
    )


@pytest.mark.parametrize("options", CYCLES, ids=str)
@pytest.mark.parametrize("total", [1, 3, STEPS])
def test_one_cycle_like_torch(options: dict[str, Any], total: int) -> None:
    own, of_torch = parameters()
    optimizer, reference = optim.Adam(own), torch.optim.Adam(of_torch)
    of_torch_only = {"cycle_momentum": False, "anneal_strategy": "cos"}
    schedule_of_torch = torch.optim.lr_scheduler.OneCycleLR(
        reference, 0.3, total_steps=total, **options, **of_torch_only
    )
    schedule = optim.OneCycleLR(optimizer, 0.3, total, **options)
    compare_rates(optimizer, reference, schedule, schedule_of_torch, total)
    with pytest.raises(ValueError, match=f"at most {total} steps, got {total + 1}"):
        schedule.step()


def compare_rates(
    optimizer: Any, reference: Any, schedule: Any, schedule_of_torch: Any, steps: int
) -> None:
    for step in range(steps):
        assert optimizer.lr == pytest.approx(reference.param_groups[0]["lr"], abs=1e-12), step
        optimizer.step()
        reference.step()
        schedule.step()
        schedule_of_torch.step()
    assert optimizer.lr == pytest.approx(reference.param_groups[0]["lr"], abs=1e-12)


def test_one_cycle_that_starts_at_its_peak() -> None:
    own, _ = parameters()
    optimizer = optim.SGD(own)
    optim.OneCycleLR(optimizer, 0.3, 10, pct_start=0.1)
    assert optimizer.lr == pytest.approx(0.3)


def test_schedule_sets_the_rate_of_the_steps() -> None:
    p = Parameter(np.zeros(1))
    optimizer = optim.SGD([p], lr=1.0)
    schedule = optim.StepLR(optimizer, 2, 0.5)
    p.grad[...] = -1
    seen = []
    for _ in range(5):
        before = p.data.copy()
        optimizer.step()
        seen.append(float((p.data - before)[0]))
        schedule.step()
    assert seen == [1, 1, 0.5, 0.5, 0.25]
    assert math.isclose(schedule.lr(100), 0.5**50)
