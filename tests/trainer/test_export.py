"""Exported to ONNX, every network gives the same logits in other programs."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from trainer_cases import first

from cnnbook import samples
from cnnbook.trainer import Data, build, pixels
from cnnbook.trainer.network import NETWORKS
from cnnlib.checks import Array

# Of the largest logit; 3e-7 was seen in any program. In bfloat16 it is some 1e-2.
TOLERANCE = 1e-5

pytestmark = pytest.mark.filterwarnings("ignore")  # about the inner workings of the exporter


def exported(model: Any, file: Path) -> str:
    """Written as chapter 14 does it: for any number of images, the weights inside."""
    program = torch.onnx.export(
        model,
        (torch.zeros(1, 1, 28, 28),),
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.save(file)
    return str(file)


def in_onnxruntime(file: str, images: Array) -> Array:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"images": images})[0]


def in_opencv(file: str, images: Array) -> Array:
    network = cv2.dnn.readNetFromONNX(file)
    network.setInput(images)
    return np.asarray(network.forward())


def check(model: Any, file: Path, images: Array) -> None:
    """Both programs give the logits of PyTorch, for one image and for all of them."""
    name = exported(model, file)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(images)).numpy()
    for found in (in_onnxruntime, in_opencv):
        for count in (1, len(images)):
            logits = found(name, images[:count])
            assert logits.shape == (count, 10), found.__name__
            apart = np.abs(logits - wanted[:count]).max() / np.abs(wanted).max()
            assert apart <= TOLERANCE, f"{found.__name__}: {apart:.1e}"


@pytest.fixture(scope="module")
def images(mnist: Data) -> Array:
    return pixels(first(mnist.test, 64).images).numpy()


@pytest.mark.parametrize("network", NETWORKS)
def test_other_programs_give_the_logits_of_pytorch(
    network: Any, images: Array, tmp_path: Path
) -> None:
    """With statistics of batches in it, where there are any."""
    model = build(network, generator=torch.Generator().manual_seed(0))
    model.train()(torch.from_numpy(images))
    check(model.eval(), tmp_path / "network.onnx", images)


def test_the_trained_lenet_answers_the_same(images: Array, tmp_path: Path) -> None:
    weights = samples.trained_lenet(augmented=True).state_dict()
    model = build("lenet5").eval()
    model.load_state_dict({name: torch.from_numpy(a) for name, a in weights.items()})
    check(model, tmp_path / "lenet.onnx", images)


def test_another_network_would_be_noticed(images: Array, tmp_path: Path) -> None:
    """One weight of the last layer moved by a thousandth of the largest."""
    model: Any = build("lenet5", generator=torch.Generator().manual_seed(0)).eval()
    name = exported(model, tmp_path / "network.onnx")
    before = in_onnxruntime(name, images)
    with torch.inference_mode():
        model[-1].bias[0] += 1e-3 * np.abs(before).max()
        after = model(torch.from_numpy(images)).numpy()
    assert np.abs(before - after).max() / np.abs(after).max() > TOLERANCE
