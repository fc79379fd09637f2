"""Interactive figures for the book: each works in the page itself, with no server and no kernel."""

from cnnbook.explore.activation import ActivationExplorer
from cnnbook.explore.backward import BackwardExplorer
from cnnbook.explore.cell import CellExplorer
from cnnbook.explore.channels import ChannelExplorer
from cnnbook.explore.convolution import ConvolutionExplorer
from cnnbook.explore.descent import DescentExplorer
from cnnbook.explore.digit import DigitExplorer
from cnnbook.explore.field import FieldExplorer
from cnnbook.explore.graph import GraphExplorer
from cnnbook.explore.learning import LearningExplorer
from cnnbook.explore.pairs import PairsExplorer
from cnnbook.explore.photo import PhotoExplorer
from cnnbook.explore.pixel import PixelExplorer
from cnnbook.explore.pooling import PoolingExplorer
from cnnbook.explore.reader import DigitReader
from cnnbook.explore.shift import ShiftExplorer
from cnnbook.explore.sizes import SizeExplorer
from cnnbook.explore.softmax import SoftmaxExplorer
from cnnbook.explore.stamp import StampExplorer
from cnnbook.explore.stopping import StoppingExplorer
from cnnbook.explore.valley import ValleyExplorer

__all__ = [
    "ActivationExplorer",
    "BackwardExplorer",
    "CellExplorer",
    "ChannelExplorer",
    "ConvolutionExplorer",
    "DescentExplorer",
    "DigitExplorer",
    "DigitReader",
    "FieldExplorer",
    "GraphExplorer",
    "LearningExplorer",
    "PairsExplorer",
    "PhotoExplorer",
    "PixelExplorer",
    "PoolingExplorer",
    "ShiftExplorer",
    "SizeExplorer",
    "SoftmaxExplorer",
    "StampExplorer",
    "StoppingExplorer",
    "ValleyExplorer",
]
