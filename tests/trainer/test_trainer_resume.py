"""The PyTorch trainer: checkpoints, resuming, Ctrl-C, and curves for TensorBoard."""

import os
import pickle
import signal
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from trainer_cases import SHORT, equal, first, interrupt_after

from cnnbook.trainer import Data, Result, Split, build, loop, train
from cnnbook.trainer.checkpoint import load_checkpoint, save_checkpoint
from cnnbook.trainer.run import start


def test_resumed_run_is_the_uninterrupted_one(saved: Path, small: Data, whole: Result) -> None:
    assert load_checkpoint(saved)["step"] == 3
    steps: list[int] = []
    resumed = train(
        SHORT, small, checkpoint=saved, resume=True, on_step=lambda step, _: steps.append(step)
    )
    assert steps == [4, 5, 6]
    assert resumed.history == whole.history
    assert equal(resumed.model, whole.model)
    again = train(SHORT, small, checkpoint=saved, resume=True)
    assert (again.history, again.test_accuracy) == (whole.history, whole.test_accuracy)


def test_checkpoints_are_written_on_the_way(small: Data, tmp_path: Path, whole: Result) -> None:
    def crash(step: int, loss: Tensor) -> None:
        if step == 5:
            raise OSError("power cut")

    path = tmp_path / "run.pt"
    with pytest.raises(OSError, match="power cut"):
        train(SHORT, small, checkpoint=path, checkpoint_every=2, on_step=crash)
    assert load_checkpoint(path)["step"] == 4
    resumed = train(SHORT, small, checkpoint=path, resume=True)
    assert resumed.history == whole.history


def test_resume_without_a_checkpoint_is_refused(small: Data) -> None:
    with pytest.raises(ValueError, match="resume: expected a checkpoint, got none"):
        train(SHORT, small, resume=True)


def test_interrupt_is_put_off_once_and_handed_back(small: Data) -> None:
    def twice(step: int, loss: Tensor) -> None:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is before
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second Ctrl-C was swallowed")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(SHORT, small, on_step=twice)
    with pytest.raises(KeyboardInterrupt, match="after step 1: nothing kept"):
        train(SHORT, small, on_step=interrupt_after(1))
    assert signal.getsignal(signal.SIGINT) is before


def test_training_works_off_the_main_thread(small: Data, whole: Result) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(train, SHORT, small).result().history == whole.history


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt("now")])
def test_a_crash_while_writing_leaves_the_old_checkpoint(
    error: BaseException, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(file: int) -> None:
        raise error

    before = saved.read_bytes()
    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(type(error), match=str(error)):
        save_checkpoint(saved, {"step": 4})
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["run.pt"]


def flip_a_bit(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: b"not a checkpoint", id="text"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="half"),
        pytest.param(lambda raw: raw[:-1], id="last byte gone"),
        pytest.param(flip_a_bit, id="one bit flipped"),
        pytest.param(lambda raw: pickle.dumps({"format": "cnnbook.trainer 2"}), id="pickle"),
    ],
)
def test_damaged_checkpoints_are_refused(
    damage: Callable[[bytes], bytes], saved: Path, small: Data
) -> None:
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(ValueError, match=r"run\.pt: expected a checkpoint, got a damaged"):
        train(SHORT, small, checkpoint=saved, resume=True)


def test_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save(build("source").state_dict(), path)
    with pytest.raises(ValueError, match=r"expected a checkpoint of format 'cnnbook\.trainer 2'"):
        load_checkpoint(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "only a zip file")
    with pytest.raises(ValueError, match="got a damaged or foreign file"):
        load_checkpoint(path)


def test_nothing_in_a_checkpoint_is_executed(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    torch.save({"format": "cnnbook.trainer 2", "model": Path.cwd}, path)
    with pytest.raises(ValueError, match="got a damaged or foreign file"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"init": "normal"}, r"got init='normal' \(saved 'he'\)"),
        ({"lr": 0.1, "seed": 1}, r"got lr=0.1 \(saved 0.001\), seed=1 \(saved 0\)"),
        ({"steps": 2}, "steps: expected at least 3, got 2"),
    ],
)
def test_resume_needs_the_same_run(
    other: dict[str, Any], text: str, saved: Path, small: Data
) -> None:
    with pytest.raises(ValueError, match=text):
        train(replace(SHORT, **other), small, checkpoint=saved, resume=True)


def test_the_same_data_may_lie_elsewhere_and_other_data_may_not(saved: Path, small: Data) -> None:
    for folder in ("moved", "/moved/again"):
        config = replace(SHORT, steps=4, root=folder, log_every=2)
        assert train(config, small, checkpoint=saved, resume=True).history.steps == [1, 2, 3, 4]
    images, labels = small.train
    for other in (Split(images, 9 - labels), Split(255 - images, labels), first(small.train, 39)):
        text = (
            r"resume: expected data \(--data\) of 40 images, SHA-256 \w+, as in .*, got (40|39) im"
        )
        with pytest.raises(ValueError, match=text):
            train(SHORT, small._replace(train=other), checkpoint=saved, resume=True)


def test_seconds_are_those_of_all_sessions(
    small: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a second when it is read: at first, after each step, at last."""
    path, clock = tmp_path / "run.pt", count()
    monkeypatch.setattr(loop, "perf_counter", lambda: float(next(clock)))
    assert train(replace(SHORT, steps=3), small, checkpoint=path).seconds == 4
    assert load_checkpoint(path)["seconds"] == 3
    next(clock)
    assert train(SHORT, small, checkpoint=path, resume=True).seconds == 3 + 4


def test_a_checkpoint_that_came_meanwhile_is_not_overwritten(tmp_path: Path, small: Data) -> None:
    """Two commands started at once with the same name: the second to write is refused."""
    path = tmp_path / "run.pt"
    runs = [start(SHORT, small, path) for _ in range(2)]
    runs[0].save(path)
    with pytest.raises(FileExistsError, match=r"run\.pt exists: resume it, or choose another"):
        runs[1].save(path)
    runs[0].save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]


def test_a_configuration_of_numpy_numbers_and_paths_is_kept(tmp_path: Path, small: Data) -> None:
    config, path = replace(SHORT, steps=1, lr=np.float64(1e-3), root=tmp_path), tmp_path / "run.pt"
    train(config, small, checkpoint=path)
    assert load_checkpoint(path)["config"] == asdict(config)


def test_a_checkpoint_is_not_overwritten_unasked(saved: Path, small: Data) -> None:
    with pytest.raises(FileExistsError, match=r"run\.pt exists: resume it, or choose another"):
        train(SHORT, small, checkpoint=saved)


def test_more_steps_go_on_from_a_finished_run(tmp_path: Path, small: Data, whole: Result) -> None:
    path = tmp_path / "run.pt"
    train(replace(SHORT, steps=4), small, checkpoint=path, resume=True)
    assert train(SHORT, small, checkpoint=path, resume=True).history == whole.history


def test_a_one_cycle_run_says_why_it_takes_no_more_steps(tmp_path: Path, small: Data) -> None:
    path, config = tmp_path / "run.pt", replace(SHORT, schedule="one-cycle", steps=2)
    train(config, small, checkpoint=path)
    text = r"got steps=3 \(saved 2\); a one-cycle schedule is made for its number of steps"
    with pytest.raises(ValueError, match=text):
        train(replace(config, steps=3), small, checkpoint=path, resume=True)


def test_the_curves_of_two_runs_are_not_mixed(tmp_path: Path, small: Data) -> None:
    config, path = replace(SHORT, steps=1), tmp_path / "run.pt"
    train(config, small, logdir=tmp_path)
    files = sorted(tmp_path.iterdir())
    with pytest.raises(FileExistsError, match="holds the curves of another run: choose another"):
        train(config, small, logdir=tmp_path, checkpoint=path, resume=True)
    assert sorted(tmp_path.iterdir()) == files


def test_events_are_the_history(small: Data, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def crash(step: int, loss: Tensor) -> None:
        if step == 3:
            raise OSError("power cut")

    path, logdir = tmp_path / "run.pt", tmp_path / "runs"
    with pytest.raises(OSError, match="power cut"):
        train(SHORT, small, checkpoint=path, checkpoint_every=2, logdir=logdir, on_step=crash)
    result = train(SHORT, small, checkpoint=path, resume=True, logdir=logdir)
    events = EventAccumulator(str(logdir), size_guidance={"scalars": 0}).Reload()
    for tag, values in [("loss", result.history.losses), ("accuracy", result.history.accuracies)]:
        points = [(e.step, e.value) for e in events.Scalars(f"train/{tag}")]
        assert points == list(zip(result.history.steps, values, strict=True))
    (last,) = events.Scalars("test/accuracy")
    assert (last.step, last.value) == (6, pytest.approx(result.test_accuracy))
