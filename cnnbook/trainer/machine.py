"""Which machine a run is on: the device it computes with, and what else a figure depends on."""

import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

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
    return {
        "device": device_name(device),
        "cpu": cpu_name(),
        "threads": torch.get_num_threads(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def device_name(device: torch.device) -> str:
    """Such as ``cpu`` or ``cuda (NVIDIA H100)``."""
    if device.type not in ("cuda", "xpu"):
        return str(device)
    return f"{device} ({getattr(torch, device.type).get_device_name(device)})"


def cpu_name() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
