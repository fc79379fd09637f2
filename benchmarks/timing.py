"""Fair timings: warm up, then A B A B … in one run, and compare medians."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

Work = Callable[[], object]


def interleaved(
    ways: Mapping[str, Work],
    repeats: int = 15,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Median seconds of each way, measured in turns after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        work()
    for _ in range(repeats):
        for name, work in ways.items():
            start = clock()
            work()
            seconds[name].append(clock() - start)
    return {name: median(times) for name, times in seconds.items()}


def machine() -> dict[str, Any]:
    """What a result depends on."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
