"""Checkers for the book's code exercises: hand them your function, they name the mistake."""

from cnnbook.exercises.exercise import Exercise

__all__ = ["Exercise"]
