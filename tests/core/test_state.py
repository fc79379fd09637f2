"""Weights leave and come back: safetensors, and the order of Keras and JAX, channels last."""

import copy
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from safetensors.numpy import load_file, save_file

from cnnlib import nn
from cnnlib.checks import Array

IMAGES = np.random.default_rng(0).normal(size=(5, 2, 9, 8))


def network(seed: int = 0) -> nn.Sequential:
    """Kernels that are not square, statistics of two batches, and 5 maps of 3 × 3."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        nn.Conv2d(2, 5, (4, 3), rng=rng, dtype=np.float64),
        nn.BatchNorm2d(5, dtype=np.float64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(45, 7, rng=rng, dtype=np.float64),
        nn.Linear(7, 3, rng=rng, dtype=np.float64),
    )
    for _ in range(2):
        model(3 * IMAGES + 1)
    return model.eval()


def kernel(w: Array) -> Array:
    """(out, in, kH, kW) -> (kH, kW, in, out), as the reference page has it."""
    return w.transpose(2, 3, 1, 0)


def channels_last(state: dict[str, Array], x: Array) -> Array:
    """The network from (N, H, W, C) on, without `cnnlib`: its weights in the order of Keras."""
    windows = sliding_window_view(x, (4, 3), axis=(1, 2))  # (N, H', W', C, kH, kW)
    y = np.einsum("nhwcij,ijcf->nhwf", windows, kernel(state["0.weight"])) + state["0.bias"]
    normalised = (y - state["1.running_mean"]) / np.sqrt(state["1.running_var"] + 1e-5)
    y = np.maximum(state["1.weight"] * normalised + state["1.bias"], 0)
    y = y.reshape(len(x), 3, 2, 3, 2, 5).max((2, 4))
    first = kernel(state["5.weight"].reshape(7, 5, 3, 3)).reshape(45, 7)
    y = y.reshape(len(x), 45) @ first + state["5.bias"]
    return y @ state["6.weight"].T + state["6.bias"]


def test_the_order_of_keras_and_jax() -> None:
    model = network()
    found = channels_last(model.state_dict(), IMAGES.transpose(0, 2, 3, 1))
    np.testing.assert_allclose(found, model(IMAGES), rtol=1e-10)
    w = model[0].weight.data
    np.testing.assert_array_equal(kernel(w).transpose(3, 2, 0, 1), w)


@pytest.mark.parametrize("order", ["C", "F"])
def test_safetensors_keeps_a_state(order: str, tmp_path: Path) -> None:
    """Also one whose arrays lie otherwise in memory, and the 0-dimensional one."""
    model, other, file = network(), network(seed=1), tmp_path / "network.safetensors"
    for parameter in model.parameters():
        parameter.data = np.array(parameter.data, order=order)
    save_file(model.state_dict(), file)
    other.load_state_dict(load_file(file))
    wanted = model.state_dict()
    assert wanted["1.num_batches_tracked"].shape == ()
    for name, found in other.state_dict().items():
        assert found.dtype == wanted[name].dtype
        np.testing.assert_array_equal(found, wanted[name])
    np.testing.assert_array_equal(other(IMAGES), model(IMAGES))


def test_a_state_is_in_c_order_whatever_the_arrays_are() -> None:
    model = network()
    for parameter in model.parameters():
        parameter.data = np.asfortranarray(parameter.data)
    assert not model[0].weight.data.flags.c_contiguous
    for layer in (model, copy.deepcopy(model)):
        assert all(a.flags.c_contiguous for a in layer.state_dict().values())
