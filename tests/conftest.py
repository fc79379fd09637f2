"""Hypothesis tries the same examples in every run, and however slow the machine is."""

from hypothesis import settings

settings.register_profile("cnnlib", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("cnnlib")
