"""Pins the environment of every test and notebook, before NumPy or torch is imported."""

from pathlib import Path

import pytest

from tools.environment import pin

pin()


def pytest_configure(config: pytest.Config) -> None:
    """Name nbval's sanitizers by their full path, so that pytest works from any folder."""
    config.option.nbval_sanitize_with = str(Path(__file__).parent / "tests" / "nbval.cfg")


def pytest_collection(session: pytest.Session) -> None:
    """Measure the coverage of the tests alone: nbval would trace, and slow, the kernels too."""
    session.config.option.cov_source = None
