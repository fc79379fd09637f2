"""Interactive figures for the book: each works in the page itself, with no server and no kernel."""

from cnnlib.explore.convolution import ConvolutionExplorer

__all__ = ["ConvolutionExplorer"]
