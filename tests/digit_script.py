"""The functions of the digit explorer's script, called in a page, and a network to try them on."""

import base64
import re
from typing import Any

import numpy as np
from figure_driver import to_html
from numpy.typing import NDArray
from playwright.sync_api import Page

from cnnbook.explore import DigitExplorer
from cnnlib import nn

Array = NDArray[Any]
HTML = to_html(DigitExplorer())


def other_network() -> nn.Sequential:
    """Strides, uneven padding, overlapping pools, no bias, no ReLU at some places, nested."""
    rng = np.random.default_rng(1)
    return nn.Sequential(
        nn.Conv2d(1, 5, kernel_size=4, padding="same", bias=False, rng=rng),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Sequential(nn.ReLU(), nn.Conv2d(5, 7, kernel_size=3, stride=2, rng=rng)),
        nn.Flatten(),
        nn.ReLU(),
        nn.Linear(7 * 6 * 6, 10, rng=rng),
    )


class Script:
    """The functions of the figure's script, called in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def call(self, figure: DigitExplorer, code: str, *arguments: Any) -> Any:
        """The value of a piece of code in which `data` and `given` are known."""
        found = re.search(r'<script>\(\(\) => {(.*)mount\("', HTML, re.DOTALL)
        assert found
        body = f"{found[1]}\nreturn (({{data, given}}) => {{ {code} }})(input);"
        script = "([body, input]) => new Function('input', body)(input)"
        return self.page.evaluate(script, [body, {"data": figure.data(), "given": arguments}])

    def logits(self, figure: DigitExplorer, images: Array) -> Array:
        pixels = base64.b64encode((images * 255).round().astype(np.uint8).tobytes()).decode()
        code = """const layers = network(data), bytes = atob(given[0]), found = [];
            for (let at = 0; at < bytes.length; at += 784) {
                const x = Float32Array.from({ length: 784 }, (_, i) =>
                    bytes.charCodeAt(at + i) / 255);
                found.push(...forward(layers, x).at(-1));
            }
            return found;"""
        return np.reshape(self.call(figure, code, pixels), (-1, 10))
