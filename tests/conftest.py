"""Hypothesis tries the same examples in every run; and the browser of the interactive figures."""

from figure_driver import browser, show, windows
from hypothesis import settings

__all__ = ["browser", "show", "windows"]

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cnnlib")
