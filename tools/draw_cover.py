"""Draw the picture of the first page, computed by the book's own network: writes _static/cover.png.

    python -m tools.draw_cover

Above, a digit forward through the trained LeNet; below, the gradients of its loss backward.
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plot, samples
from cnnlib import nn
from tools.figures import shrink

TARGET = Path(__file__).resolve().parent.parent / "_static" / "cover.png"
STAGES = {0: 1, 2: 2, 3: 2, 5: 4, 6: 4}  # place in the chain of arrays: maps in a row


def mosaic(maps: np.ndarray, columns: int) -> np.ndarray:
    """(C, H, W) -> one picture, each map scaled to its own largest size, with gaps between."""
    count, height, width = maps.shape
    rows = -(-count // columns)
    gap = max(1, height // 9)
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for k, one in enumerate(maps):
        top, left = (k // columns) * (height + gap), (k % columns) * (width + gap)
        picture[top : top + height, left : left + width] = one / (np.abs(one).max() or 1)
    return picture


def chains() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The arrays forward, and the gradient of the loss with respect to each of them."""
    model, criterion = samples.trained_lenet(), nn.CrossEntropyLoss()
    forward = [samples.digit()]
    for layer in model.layers:
        forward.append(layer(forward[-1]))
    criterion(forward[-1], np.array([5]))
    backward = [criterion.backward()]
    for layer in reversed(model.layers):
        backward.insert(0, layer.backward(backward[0]))
    return forward, backward


def main() -> None:
    with plt.rc_context(plot.STYLE):
        fig, axes = plt.subplots(
            2, 6, figsize=(10, 4.4), layout="constrained", width_ratios=[3, 3, 3, 3, 3, 1.6]
        )
        for row, arrays, cmap in zip(axes, chains(), ("gray", "RdBu_r"), strict=True):
            for ax, (stage, columns) in zip(row, STAGES.items(), strict=False):
                picture = mosaic(arrays[stage][0], columns)
                ax.imshow(picture, cmap=cmap, vmin=-1 if cmap != "gray" else 0, vmax=1)
                ax.set_axis_off()
            answer = arrays[-1][0]
            color = plot.COLORS["output" if cmap == "gray" else "gradient"]
            row[-1].barh(range(10), answer - min(answer.min(), 0) * (cmap == "gray"), color=color)
            row[-1].set(ylim=(9.6, -0.6), yticks=range(10), xticks=[])
            for side in row[-1].spines.values():
                side.set_visible(False)
        file = io.BytesIO()
        fig.savefig(file, dpi=110)
        TARGET.write_bytes(shrink(file.getvalue()))


if __name__ == "__main__":
    main()
