"""Draw the network of the MNIST chapter for the README: writes _static/network.png.

python -m tools.draw_network
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt

from cnnbook import plot
from cnnlib.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential
from tools.figures import shrink

TARGET = Path(__file__).resolve().parent.parent / "_static" / "network.png"


def main() -> None:
    model = Sequential(
        Conv2d(1, 32, 5, padding="same"),
        ReLU(),
        MaxPool2d(2),
        Conv2d(32, 64, 5, padding="same"),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(3136, 1024),
        ReLU(),
        Linear(1024, 10),
    )
    plot.network(plot.stages(model, (1, 28, 28)))
    picture = io.BytesIO()
    plt.savefig(picture, dpi=160, bbox_inches="tight", facecolor="white")
    TARGET.write_bytes(shrink(picture.getvalue()))


if __name__ == "__main__":
    main()
