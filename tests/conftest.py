"""Hypothesis tries the same examples in every run; the built book, and the browser to see it."""

from built_book import book
from figure_driver import browser, show, windows
from hypothesis import settings

__all__ = ["book", "browser", "show", "windows"]

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cnnlib")
