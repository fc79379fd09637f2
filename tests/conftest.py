"""Hypothesis tries the same examples in every run, but for the profile of `tools.fuzz`; the built
book, and the browser to see it."""

from built_book import book
from figure_driver import browser, show, windows
from hypothesis import settings

__all__ = ["book", "browser", "show", "windows"]

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("fuzz", deadline=None, max_examples=500, print_blob=True)
settings.load_profile("cnnlib")
