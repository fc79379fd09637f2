"""Interactive figures for the book: each works in the page itself, with no server and no kernel."""

from cnnlib.explore.backward import BackwardExplorer
from cnnlib.explore.channels import ChannelExplorer
from cnnlib.explore.convolution import ConvolutionExplorer
from cnnlib.explore.descent import DescentExplorer
from cnnlib.explore.digit import DigitExplorer
from cnnlib.explore.graph import GraphExplorer
from cnnlib.explore.pooling import PoolingExplorer
from cnnlib.explore.sizes import SizeExplorer

__all__ = [
    "BackwardExplorer",
    "ChannelExplorer",
    "ConvolutionExplorer",
    "DescentExplorer",
    "DigitExplorer",
    "GraphExplorer",
    "PoolingExplorer",
    "SizeExplorer",
]
