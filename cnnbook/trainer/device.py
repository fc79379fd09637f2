"""Which device a run computes with."""

from collections.abc import Callable

import torch

from cnnbook.machine import machine

ACCELERATORS: dict[str, Callable[[], bool]] = {
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "xpu": torch.xpu.is_available,
}


def choose_device(name: str = "auto") -> torch.device:
    """``auto``: the first of cuda, mps, xpu that is there, else cpu; any other name is taken.

    Raises ValueError for a device that doesn't exist, or not on this machine.
    """
    found = [kind for kind, is_available in ACCELERATORS.items() if is_available()] + ["cpu"]
    if name == "auto":
        return torch.device(found[0])
    kind = name.partition(":")[0]
    if kind not in found:
        raise ValueError(f"device: expected auto or, on this machine, {found}, got {name!r}")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device: expected a name such as 'cuda:1', got {name!r}") from error


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
