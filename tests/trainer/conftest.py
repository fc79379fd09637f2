"""Fixtures of the trainer's tests: a few images, and a run of six steps."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from trainer_cases import SHORT, first, interrupt_after

from cnnbook.trainer import Data, Result, load_data, train


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C works even where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def mnist() -> Data:
    return load_data(val=50)


@pytest.fixture(scope="session")
def small(mnist: Data) -> Data:
    """40 images to learn from: 16 a step meet the end of an epoch inside a batch."""
    return Data(first(mnist.train, 40), first(mnist.val, 0), first(mnist.test, 40))


@pytest.fixture(scope="session")
def whole(small: Data) -> Result:
    return train(SHORT, small)


@pytest.fixture
def saved(small: Data, tmp_path: Path) -> Iterator[Path]:
    """The checkpoint of a run that was stopped after three of its six steps."""
    path = tmp_path / "deep" / "run.pt"
    with pytest.raises(KeyboardInterrupt, match=r"after step 3: resume from .*run\.pt"):
        train(SHORT, small, checkpoint=path, on_step=interrupt_after(3))
    yield path
    path.unlink()
