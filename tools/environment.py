"""The environment variables under which notebooks and tests run: the only place for them."""

import os

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
