"""Fair timings: warm up, then A B A B … in one run, and compare medians."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

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
