"""The book's figures: one look, and one colour for one thing everywhere.

Input blue, kernel orange, output green, gradient purple. Each function draws on ``ax``, or on a
new figure, and returns the axes; matplotlib's own settings stay as they were.
"""

from cnnlib.plot.architecture import network, stages
from cnnlib.plot.charts import bars, curves
from cnnlib.plot.graph import graph
from cnnlib.plot.matrices import convolution_step, matrix
from cnnlib.plot.pictures import channels, image, images
from cnnlib.plot.style import COLORS, GREY, INK, STYLE, TEXT, subplots

__all__ = [
    "COLORS",
    "GREY",
    "INK",
    "STYLE",
    "TEXT",
    "bars",
    "channels",
    "convolution_step",
    "curves",
    "graph",
    "image",
    "images",
    "matrix",
    "network",
    "stages",
    "subplots",
]
