"""The stopwatch of the benchmarks, with a clock that counts calls instead of seconds."""

from collections.abc import Callable
from functools import partial

from benchmarks.timing import interleaved


class Clock:
    """Stands still but for what `work` takes."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, *seconds: float) -> Callable[[], None]:
        """Takes the given times, one call after the other."""
        each = iter(seconds)

        def run() -> None:
            self.now += next(each)

        return run


def test_warm_up_is_not_measured() -> None:
    clock = Clock()
    assert interleaved({"a": clock.work(100, 1)}, 1, clock) == {"a": 1}


def test_the_median_counts() -> None:
    clock = Clock()
    assert interleaved({"a": clock.work(0, 1, 9, 2)}, 3, clock) == {"a": 2}


def test_ways_take_turns() -> None:
    order: list[str] = []
    interleaved({name: partial(order.append, name) for name in "ab"}, 2)
    assert "".join(order) == "ababab"
