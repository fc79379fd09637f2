"""The environment variables under which notebooks and tests run: the only place for them."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PINNED = {
    "CUDA_VISIBLE_DEVICES": "",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
}
CLEARED = ["MATPLOTLIBRC", "PYTHONWARNINGS"]


def pin() -> None:
    """Set the variables for this process and all that it starts."""
    for name in CLEARED:
        os.environ.pop(name, None)
    os.environ.update(PINNED)
    if not os.access(Path.home(), os.W_OK):
        lend_home()


def lend_home() -> None:
    """A home for this process: Jupyter and Matplotlib cannot do without."""
    home = tempfile.mkdtemp(prefix="cnnlib-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["HOME"] = home
