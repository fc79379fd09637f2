"""Hypothesis tries the same examples in every run, but for the profile of `tools.fuzz`; the built
book, the browser to see it, and figures that are closed after a test."""

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from built_book import book
from figure_driver import browser, show, windows
from hypothesis import settings

__all__ = ["book", "browser", "show", "windows"]

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("fuzz", deadline=None, max_examples=500, print_blob=True)
settings.load_profile("cnnlib")


@pytest.fixture
def close_figures() -> Iterator[None]:
    """Draw without a window, and leave neither figures nor settings behind."""
    with mpl.rc_context():
        plt.switch_backend("agg")
        yield
        plt.close("all")
