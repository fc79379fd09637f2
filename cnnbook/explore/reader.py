"""The reader of the first page: draw a digit, and the network lights up and says what it is."""

from __future__ import annotations

from cnnbook import samples
from cnnbook.explore.digit import DigitExplorer


class DigitReader(DigitExplorer):
    """The digit explorer without its instruments: paper, the layers in a row, the answer.

    It reads with `samples.trained_reader`, and says so where it sees no digit, or is less than
    80 % sure.
    """

    name = "reader"
    builds_on = ("network", "planes", "digit")

    def __init__(self) -> None:
        super().__init__(samples.trained_reader(), confidence=0.8)
