#!/usr/bin/env bash
# OpenCV 4's dnn goes on answering for an old input once it is given numbers of another type.
#
# The guess: `net.setInput(x); y = net.forward()` answers for x. An array of a type that does not
# suit the network is converted, or refused: a first input in float64 or uint8 is in fact taken,
# with the right answer.
#
# The behaviour: as long as the shape is that of the input before, an input of another type than
# the first goes into memory that the network no longer reads. `forward` gives the answer for the
# first one, without a word, and so it does for all that follow, those of the first type too,
# until an input of another shape comes. 5.0.0 converts float64 and refuses uint8.
#
# Versions: opencv-python-headless 4.14.0.94 and 5.0.0.93, NumPy 2.4.6, onnx 1.23.2, Python 3.11.
# Seen, for y = x₀ + 10 x₁ + 100 x₂ of inputs [1 2 3], [4 5 6], [7 8 9]:
#   4.14.0  float32, float32, float32   321 654 987
#   4.14.0  float32, float64, float32   321 321 321
#   5.0.0   float32, float64, float32   321 654 987
#
# Who meets it: who warms a network up with np.zeros(…, np.float32), or takes the first picture
# from blobFromImage, and then feeds `image / 255`, which is float64. An accuracy measured one
# image at a time is that of guessing.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
cat > "$folder/answers.py" <<'END'
import sys

import cv2
import numpy as np
from onnx import TensorProto, checker, helper

nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])
w = helper.make_tensor("w", TensorProto.FLOAT, [3, 1], [1, 10, 100])
graph = helper.make_graph(nodes, "digits", [x], [y], [w])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
checker.check_model(model, full_check=True)
bytes_of_model = np.frombuffer(model.SerializeToString(), np.uint8)
inputs = [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]]


def answers(*types):
    network, found = cv2.dnn.readNetFromONNX(bytes_of_model), []
    for numbers, kind in zip(inputs, types):
        network.setInput(np.array(numbers, kind))
        found.append(int(network.forward()[0, 0]))
    print(cv2.__version__, ", ".join(types), found)
    return found


right = [321, 654, 987]
stale = [321, 321, 321] if sys.argv[1] == "stale" else right
assert answers("float32", "float32", "float32") == right
assert answers("float64", "float64", "float64") == right
assert answers("float32", "float64", "float32") == stale
if sys.argv[1] == "stale":
    assert answers("uint8", "uint8", "uint8") == right
    assert answers("float32", "uint8", "uint8") == stale
else:
    try:
        answers("uint8")
    except cv2.error as error:
        print(cv2.__version__, str(error).splitlines()[0])
    else:
        raise AssertionError("uint8 is taken")
END
for pair in "4.14.0.94 stale" "5.0.0.93 right"; do
    "$folder/env/bin/pip" install --quiet numpy==2.4.6 onnx==1.23.2 \
        "opencv-python-headless==${pair% *}"
    "$folder/env/bin/python" "$folder/answers.py" "${pair#* }"
done
