#!/usr/bin/env bash
# OpenCV 4's dnn adds two axes for one, behind a Reshape, if the batch is not that of the import.
#
# The guess: an ONNX file whose first axis has a name, "N", takes a batch of any size. What gives
# the right answer for one image gives it for two, or fails.
#
# The behaviour: on import the sizes are computed for N = 1, and behind a Reshape or a Flatten the
# shape that Unsqueeze gives is kept as it was found, (1, 1, 4). Of two rows (2, 4) it then makes
# (2, 1, 1, 4). Nothing is refused; what follows goes on with the axes shifted: here a sum over the
# last axis but one adds up other numbers, and the answer has another shape. With one row, with a
# fixed batch of 2, without the Reshape, or with a Reshape in place of the Unsqueeze it is right.
# So is 5.0.0.
#
# Versions: opencv-python-headless 4.14.0.94 and 5.0.0.93, NumPy 2.4.6, onnx 1.23.2, Python 3.11.
# Seen, for |x[:, None] − p|² of rows x and p (3, 4), behind a Reshape:
#   4.14.0  one row (1, 3)   two rows (2, 1, 4)   the evaluator of onnx (2, 3)
#   5.0.0   one row (1, 3)   two rows (2, 3)
#
# Who meets it: who exports `x[:, None]` behind `nn.Flatten`: distances to prototypes, radial
# basis functions, attention over classes. A test with one image passes.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
cat > "$folder/distances.py" <<'END'
import sys

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

rng = np.random.default_rng(0)
CONSTANTS = {
    "p": rng.normal(size=(3, 4)).astype(np.float32),
    "flat": np.array([-1, 4]),
    "row": np.array([-1, 1, 4]),
    "one": np.array([1]),
    "two": np.array([2]),
}
RESHAPE = helper.make_node("Reshape", ["x", "flat"], ["r"])
NEW_AXIS = helper.make_node("Unsqueeze", ["r", "one"], ["u"])
BY_RESHAPE = helper.make_node("Reshape", ["r", "row"], ["u"])
WITHOUT = helper.make_node("Unsqueeze", ["x", "one"], ["u"])
DISTANCES = [
    helper.make_node("Sub", ["u", "p"], ["d"]),
    helper.make_node("Mul", ["d", "d"], ["q"]),
    helper.make_node("ReduceSum", ["q", "two"], ["y"], keepdims=0),
]


def right(rows, batch, x_shape, *nodes):
    """Does OpenCV give, for so many rows, what onnx's evaluator gives?"""
    graph = helper.make_graph(
        [*nodes, *DISTANCES],
        "distances",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *x_shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 3])],
        [numpy_helper.from_array(a, name) for name, a in CONSTANTS.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    x = rng.normal(size=(rows, *x_shape)).astype(np.float32)
    (wanted,) = ReferenceEvaluator(model).run(None, {"x": x})
    network = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    network.setInput(x)
    found = network.forward()
    print(cv2.__version__, [node.op_type for node in nodes], batch, found.shape, wanted.shape)
    return found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-5)


assert right(1, "N", (4, 1), RESHAPE, NEW_AXIS)
assert right(2, "N", (4, 1), RESHAPE, NEW_AXIS) == (sys.argv[1] == "right")
assert right(2, 2, (4, 1), RESHAPE, NEW_AXIS)
assert right(2, "N", (4, 1), RESHAPE, BY_RESHAPE)
assert right(2, "N", (4,), WITHOUT)
END
for pair in "4.14.0.94 wrong" "5.0.0.93 right"; do
    "$folder/env/bin/pip" install --quiet numpy==2.4.6 onnx==1.23.2 \
        "opencv-python-headless==${pair% *}"
    "$folder/env/bin/python" "$folder/distances.py" "${pair#* }"
done
