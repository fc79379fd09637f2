#!/usr/bin/env bash
# onnx's ReferenceEvaluator gives other values, or another shape, for pooling with ceil_mode.
#
# The guess: the reference implementation is the arbiter; where onnxruntime and it disagree,
# onnxruntime is wrong. At least its shapes are those of onnx's own shape inference. And with
# stride 1 nothing is left to round, so ceil_mode cannot matter.
#
# The behaviour: where the last window hangs over the edge by two or more, AveragePool shares the
# overhang between both ends, as if it were padding "SAME", and every window moves to the left.
# MaxPool 3×3 with stride 1 and padding 1, which keeps the size, makes 6×6 of 4×4: the right
# numbers with two rows and columns of zeros behind them; with stride 2 it is right. onnxruntime
# has the shape that onnx infers in each of these cases.
#
# Versions: onnx 1.23.2, onnxruntime 1.32.0, NumPy 2.4.6, Python 3.11; opsets 12 and 22 alike.
# Seen:
#   AveragePool of [1, 2, 3, 4], kernel 3, stride 3    onnxruntime [2.0, 4.0]   reference [1.5, 3.0]
#   MaxPool of 4×4, kernel 3, stride 1, padding 1      onnxruntime 4×4          reference 6×6
#
# Who meets it: who tests an exporter or a runtime against the evaluator. The second pooling is
# the third branch of GoogLeNet's Inception blocks, whose concatenation then fails far from the
# cause.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$folder/pool.py" <<'END'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def both(kind, x, opset, **attributes):
    """What onnxruntime and the evaluator answer; the first has the shape that onnx infers."""
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"], ceil_mode=1, **attributes)],
        "pool",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * x.ndim)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (runtime,) = session.run(None, {"x": x})
    (reference,) = ReferenceEvaluator(model).run(None, {"x": x})
    assert runtime.shape == tuple(size.dim_value for size in inferred)
    print(kind, opset, attributes["strides"], "onnxruntime", runtime.tolist())
    print(kind, opset, attributes["strides"], "reference  ", reference.tolist())
    return runtime, reference


row = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 4)
square = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)
around = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
for opset in (12, 22):
    runtime, reference = both("AveragePool", row, opset, kernel_shape=[3], strides=[3])
    assert runtime.ravel().tolist() == [2, 4] and reference.ravel().tolist() == [1.5, 3]

    runtime, reference = both("MaxPool", square, opset, strides=[1, 1], **around)
    assert runtime.shape == (1, 1, 4, 4) and reference.shape == (1, 1, 6, 6)
    assert np.array_equal(runtime, reference[:, :, :4, :4])
    runtime, reference = both("MaxPool", square, opset, strides=[2, 2], **around)
    assert np.array_equal(runtime, reference)
END
"$folder/env/bin/python" "$folder/pool.py"
