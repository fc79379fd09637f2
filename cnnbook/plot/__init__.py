"""The book's figures: one look, and one colour for one thing everywhere.

Input blue, kernel orange, output green, gradient purple. Each function draws on ``ax``, or on a
new figure, and returns the axes; matplotlib's own settings stay as they were. A notebook that
imports this shows its figures as SVG.
"""

from cnnbook.plot.architecture import network, stages
from cnnbook.plot.charts import bars, curves
from cnnbook.plot.graph import graph, nodes_and_edges
from cnnbook.plot.matrices import convolution_step, matrix
from cnnbook.plot.pictures import channels, image, images
from cnnbook.plot.style import COLORS, GREY, INK, STYLE, TEXT, subplots
from cnnbook.plot.svg import show_as_svg, svg

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
    "nodes_and_edges",
    "stages",
    "subplots",
    "svg",
]

show_as_svg()
