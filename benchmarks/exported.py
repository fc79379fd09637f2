"""The trained LeNet-5 as an ONNX file in other programs: how far are their logits from PyTorch's?

python -m benchmarks.exported     writes cnnbook/results/exported.json

OpenVINO is not among the book's dependencies: `pip install openvino` first. On a processor with
bfloat16 it computes in that unless told otherwise; elsewhere the two lines are alike.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

from cnnbook import samples
from cnnbook.machine import machine
from cnnbook.trainer import build, load_data, pixels
from cnnlib.checks import Array

Program = Callable[[Array], Array]


def export(model: torch.nn.Module, file: Path) -> str:
    """Write as chapter 14 does it, for any number of images, the weights inside."""
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


def in_onnxruntime(file: str) -> Program:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["logits"], {"images": images})[0]


def in_opencv(file: str) -> Program:
    network = cv2.dnn.readNetFromONNX(file)

    def run(images: Array) -> Array:
        network.setInput(images)
        return np.asarray(network.forward())

    return run


def in_evaluator(file: str) -> Program:
    evaluator: Any = ReferenceEvaluator(file)
    return lambda images: evaluator.run(None, {"images": images})[0]


def programs(file: str) -> dict[str, Program]:
    """All of them with their versions."""
    import openvino

    def in_openvino(**hints: str) -> Program:
        network: Any = openvino.Core().compile_model(file, "CPU", hints)
        return lambda images: network(images)[0]

    version = openvino.__version__.partition("-")[0]
    return {
        f"onnxruntime {onnxruntime.__version__}": in_onnxruntime(file),
        f"OpenCV {cv2.__version__}": in_opencv(file),
        f"OpenVINO {version}": in_openvino(),
        f"OpenVINO {version}, told float32": in_openvino(INFERENCE_PRECISION_HINT="f32"),
        f"the evaluator of ONNX {onnx.__version__}": in_evaluator(file),
    }


def main() -> None:
    """Compare on the 10,000 test images."""
    warnings.simplefilter("ignore")  # about the inner workings of the exporter
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    weights = samples.trained_lenet(augmented=True).state_dict()
    model = build("lenet5").eval()
    model.load_state_dict({name: torch.from_numpy(a) for name, a in weights.items()})
    batches = pixels(load_data().test.images).split(500)
    with torch.inference_mode():
        wanted = np.concatenate([model(x).numpy() for x in batches])
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, program in programs(export(model, Path(folder) / "lenet5.onnx")).items():
            logits = np.concatenate([program(x.numpy()) for x in batches])
            same = int((logits.argmax(1) == wanted.argmax(1)).sum())
            found[name] = {"difference": float(abs(logits - wanted).max()), "same answer": same}
            print(name, found[name], flush=True)
    content = {
        "machine": machine(),
        "images": len(wanted),
        "largest logit": float(abs(wanted).max()),
        "programs": found,
    }
    samples.record("exported", content)


if __name__ == "__main__":
    main()
