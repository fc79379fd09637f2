"""Checkpoints: a file that is whole or not there at all, and that is only data when it is read."""

import io
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

FORMAT = "cnnbook.trainer 2"


def save_checkpoint(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write beside ``path``, then rename: a write that is cut short leaves the old file."""
    content = io.BytesIO()  # PyTorch would hide a full disk behind an error of its own
    torch.save({"format": FORMAT, **state}, content)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint without running anything in it.

    Raises ValueError if the file is truncated, damaged, or something else.
    """
    try:
        _check_sums(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"{path}: expected a checkpoint, got a damaged or foreign file") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path}: expected a checkpoint of format {FORMAT!r}, got something else")
    return state


def _check_sums(path: str | Path) -> None:
    """torch.load doesn't look at the checksums in its files."""
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise zipfile.BadZipFile("checksum")


def check_config(asked: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """Raises ValueError where the two differ in what decides the course of the run.

    The device, the folder of the data and the points of the curve don't, nor do the steps to come
    unless the schedule is made for them.
    """
    free = {"device", "root", "log_every"}
    if saved.get("schedule") != "one-cycle":
        free.add("steps")
    names = sorted((asked.keys() | saved.keys()) - free)
    other = [n for n in names if asked.get(n) != saved.get(n)]
    if other:
        found = ", ".join(f"{n}={asked.get(n)!r} (saved {saved.get(n)!r})" for n in other)
        why = "; a one-cycle schedule is made for its number of steps" if "steps" in other else ""
        raise ValueError(f"resume: expected the configuration of the checkpoint, got {found}{why}")
