"""Which device a run computes with."""

from collections.abc import Callable

import torch

from cnnbook.machine import machine

# How many there are of each kind, the best kind first.
DEVICES: dict[str, Callable[[], int]] = {
    "cuda": torch.cuda.device_count,
    "mps": lambda: int(torch.backends.mps.is_available()),
    "xpu": torch.xpu.device_count,
    "cpu": lambda: 1,
}


def choose_device(name: str = "auto") -> torch.device:
    """``auto``: the first of cuda, mps, xpu that is there, else cpu; any other name is taken.

    Raises ValueError for a device that doesn't exist, or not on this machine.
    """
    found = {kind: number for kind, count in DEVICES.items() if (number := count())}
    if name == "auto":
        return torch.device(next(iter(found)))
    known = [f"{kind}:{i}" for kind, number in found.items() for i in range(number)]
    if name not in (*found, *known):
        raise ValueError(f"device: expected auto or, on this machine, {known}, got {name!r}")
    return torch.device(name)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given, so that a clock can be read."""
    getattr(torch, device.type).synchronize()


def environment(device: torch.device) -> dict[str, str | int]:
    """Hardware and versions, to be written beside every result."""
    return {"device": device_name(device)} | machine()


def device_name(device: torch.device) -> str:
    """Such as ``cpu`` or ``cuda (NVIDIA H100)``."""
    if device.type not in ("cuda", "xpu"):
        return str(device)
    return f"{device} ({getattr(torch, device.type).get_device_name(device)})"
