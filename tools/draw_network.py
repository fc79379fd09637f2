"""Draw the network of the MNIST chapter for the README: writes _static/network.png.

python -m tools.draw_network
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt

from cnnbook import networks, plot
from cnnlib import nn
from tools.figures import shrink

TARGET = Path(__file__).resolve().parent.parent / "_static" / "network.png"


def main() -> None:
    model = networks.source(nn)
    plot.network(plot.stages(model, (1, 28, 28)))
    picture = io.BytesIO()
    plt.savefig(picture, dpi=160, bbox_inches="tight", facecolor="white")
    TARGET.write_bytes(shrink(picture.getvalue()))


if __name__ == "__main__":
    main()
