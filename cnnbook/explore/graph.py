"""The graph explorer: values forward, gradients backward, each node with its sum."""

from __future__ import annotations

from typing import Any

from cnnbook.explore.figure import Figure, short, within
from cnnlib.autograd import Value

LIMITS = {"x": (-10.0, 10.0), "y": (0.5, 6.0)}
FORMULAS = ("x", "y", "cos w1", "sin w1", "w3 · w4", "w1 / w2", "w5 + w6")


class GraphExplorer(Figure):
    """w7 = cos x · sin x + x / y: point at a node to see what its derivative is made of.

    x and y lie on sliders.

    Raises
    ------
    ValueError
        If x is not from -10 to 10, or y not from 0.5 to 6.
    """

    name = "graph"
    builds_on = ("address",)

    def __init__(self, x: float = 5.0, y: float = 3.0) -> None:
        self.inputs = {
            key: within("GraphExplorer", key, value, *LIMITS[key])
            for key, value in {"x": x, "y": y}.items()
        }

    def data(self) -> dict[str, Any]:
        return {"values": list(self.inputs.values()), "limits": list(LIMITS.values())}

    def picture(self) -> str:
        """All values and gradients as a table."""
        rows = (
            f"<tr><td>w{i} = {formula}<td>{short(w.data, 4)}<td>{short(w.grad, 4)}"
            for i, (formula, w) in enumerate(zip(FORMULAS, self._nodes(), strict=True), 1)
        )
        head = "<tr><th>number<th>value<th>derivative of w7"
        return f"<table><thead>{head}<tbody>{''.join(rows)}</table>"

    def _nodes(self) -> list[Value]:
        w1, w2 = map(Value, self.inputs.values())
        w3, w4 = w1.cos(), w1.sin()
        w5, w6 = w3 * w4, w1 / w2
        w7 = w5 + w6
        w7.backward()
        return [w1, w2, w3, w4, w5, w6, w7]

    def __repr__(self) -> str:
        return "GraphExplorer(w7 = cos x · sin x + x / y, x = {:g}, y = {:g})".format(
            *self.inputs.values()
        )
