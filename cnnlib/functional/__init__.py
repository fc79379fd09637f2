"""The mathematics: each forward with its backward right below it.

A backward takes ``dy``, the gradient of the loss by the output, then the forward's own arguments,
and returns the gradients by the inputs, named ``d`` + variable.
"""

from cnnlib.functional.activations import (
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)
from cnnlib.functional.convolution import conv2d, conv2d_backward, conv2d_dw, conv2d_dx
from cnnlib.functional.linear import (
    flatten,
    flatten_backward,
    linear,
    linear_backward,
    linear_dw,
    linear_dx,
)
from cnnlib.functional.losses import (
    cross_entropy,
    cross_entropy_backward,
    log_softmax,
    mse_loss,
    mse_loss_backward,
    softmax,
)
from cnnlib.functional.normalization import (
    batch_norm,
    batch_norm_backward,
    batch_norm_training_backward,
)
from cnnlib.functional.pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
)

__all__ = ["conv2d", "conv2d_backward", "conv2d_dw", "conv2d_dx"]
__all__ += ["avg_pool2d", "avg_pool2d_backward", "max_pool2d", "max_pool2d_backward"]
__all__ += ["gelu", "gelu_backward", "leaky_relu", "leaky_relu_backward", "relu", "relu_backward"]
__all__ += ["sigmoid", "sigmoid_backward", "tanh", "tanh_backward"]
__all__ += ["flatten", "flatten_backward", "linear", "linear_backward", "linear_dw", "linear_dx"]
__all__ += ["cross_entropy", "cross_entropy_backward", "mse_loss", "mse_loss_backward"]
__all__ += ["log_softmax", "softmax"]
__all__ += ["batch_norm", "batch_norm_backward", "batch_norm_training_backward"]
