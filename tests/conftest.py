"""Hypothesis tries the same examples in every run; and the browser of the interactive figures."""

from figure_driver import browser, show
from hypothesis import settings

__all__ = ["browser", "show"]

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cnnlib")
