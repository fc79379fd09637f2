"""The mathematics: each forward with its backward right below it.

A backward takes ``dy``, the gradient of the loss with respect to the output, then the
forward's own arguments, and returns the gradients with respect to the inputs, named ``d`` +
variable.
"""

from cnnlib.functional.activations import *
from cnnlib.functional.convolution import *
from cnnlib.functional.linear import *
from cnnlib.functional.losses import *
from cnnlib.functional.normalization import *
from cnnlib.functional.pooling import *
