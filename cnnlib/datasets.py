"""MNIST, read byte by byte from its own file format, and batches of it.

An IDX file opens with a short header. After it come numbers alone, the highest byte first::

    00 00        two zeros open every IDX file
    08           type of the numbers: 08 is uint8, TYPES lists the others
    03           rank: how many sizes follow
    00 00 ea 60  first size, a 32-bit integer: 60,000 images
    00 00 00 1c  second size: 28 rows
    00 00 00 1c  third size: 28 columns
    00 00 00 …   60,000 · 28 · 28 pixels, 0 is white paper and 255 black ink
"""

import gzip
import hashlib
import math
import re
import struct
import zlib
from collections.abc import Iterator
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from cnnlib import checks
from cnnlib.checks import Array

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PIECE = 1 << 20  # bytes read at once
PACKAGED = Path(__file__).parent / "data" / "mnist"
PREFIXES = {"train": "train", "test": "t10k"}
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def read_idx(path: str | Path) -> Array:
    """The array in an IDX file, unpacked on the way if its name ends in .gz.

    Raises ValueError, with the file and what is wrong with it, unless every byte is as it should.
    """
    path = Path(path)
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            return _read(file)
    except EOFError as error:
        raise ValueError(f"{path}: the gzip file is cut short") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: not a gzip file, or a damaged one: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def load_mnist(split: str = "train", root: str | Path | None = None) -> tuple[Array, Array]:
    """Images, uint8 (N, 28, 28), and labels, int64 (N,), of the split "train" or "test".

    ``root`` is a folder with files of the same names, packed or not: your own copy, Fashion-MNIST
    or KMNIST (EMNIST's images lie on their side: ``images.transpose(0, 2, 1)``; QMNIST's labels
    are the first of eight columns). Without it come the files of this package, their checksum
    verified.

    Raises FileNotFoundError for a missing file, ValueError for one that is not as it should, and
    TypeError for labels that are no integers.
    """
    if split not in PREFIXES:
        raise ValueError(f"load_mnist expected the split 'train' or 'test', got {split!r}")
    folder = PACKAGED if root is None else Path(root)
    images_path = find_idx(folder, f"{PREFIXES[split]}-images-idx3-ubyte")
    labels_path = find_idx(folder, f"{PREFIXES[split]}-labels-idx1-ubyte")
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        found = f"{images.dtype} {images.shape}"
        raise ValueError(f"{images_path}: expected images as uint8 (N, 28, 28), got {found}")
    checks.labels(f"{labels_path}:", labels, len(images), 10)
    if root is None:
        _verify(images_path, images)
        _verify(labels_path, labels)
    return images, labels.astype(np.int64)


def find_idx(folder: Path, name: str) -> Path:
    """The file of this name, as it is or packed; capitals, or a dot before ``idx``, do no harm.

    Raises FileNotFoundError, which names what looks like it, also in folders below.
    """
    stem, rest = name.split("-idx")
    spelling = re.compile(rf"{stem}[-.]idx{rest}(\.gz)?", re.IGNORECASE)
    for path in sorted(folder.glob("*")):
        if spelling.fullmatch(path.name) and path.is_file():
            return path
    paths = (p for depth in ("", "*/", "*/*/") for p in folder.glob(f"{depth}*{stem}*"))
    near = sorted(p.relative_to(folder).as_posix() for p in paths if p.is_file())
    hint = f"{', '.join(near[:2])}: give their folder, under MNIST's names" if near else "neither"
    raise FileNotFoundError(f"{folder}: expected the file {name} or {name}.gz, found {hint}")


def to_float(images: Array) -> Array:
    """uint8 (N, H, W) -> float32 (N, 1, H, W), from 0 … 255 to 0 … 1.

    Raises TypeError unless the images are uint8.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(f"to_float expected uint8 images, got {images.dtype}")
    checks.rank("to_float", "images", images, "(N, H, W)")
    return images[:, np.newaxis] / np.float32(255)


def batches(
    *arrays: Array, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[Array, ...]]:
    """(N, …), (N, …) -> tuples (batch_size, …), (batch_size, …), with every index once.

    In order, or shuffled by ``rng``. If batch_size does not divide N, the last batch is smaller.
    Batches are copies.

    Raises ValueError for arrays of different lengths, or a batch_size below 1.
    """
    size = checks.integer("batches", "batch_size", batch_size, low=1)
    if rng is not None:
        checks.instance("batches", "rng", rng, np.random.Generator)
    data = [np.asarray(a) for a in arrays]
    if not all(a.ndim for a in data):
        raise TypeError("batches expected arrays, got a single number or None")
    lengths = [len(a) for a in data]
    if len(set(lengths)) != 1:
        raise ValueError(f"batches expected arrays of one length, got lengths {lengths}")
    n = lengths[0]
    order = rng.permutation(n) if rng else np.arange(n)
    return (tuple(a[order[i : i + size]] for a in data) for i in range(0, n, size))


def _read(file: BufferedReader | gzip.GzipFile) -> Array:
    """The whole of an IDX file: header, numbers, and not a byte more."""
    if not file.peek(1):
        raise ValueError("the file is empty")
    dtype, sizes = _header(file)
    numbers = _take(file, math.prod(sizes) * dtype.itemsize, "numbers")
    if file.read(1):
        raise ValueError(f"expected the end after {len(numbers)} bytes of numbers, got more")
    return np.ndarray(sizes, dtype, numbers).astype(dtype.newbyteorder("="), copy=False)


def _header(file: BufferedIOBase) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Type of the numbers, and sizes."""
    *zeros, code, rank = _take(file, 4, "magic number")
    if zeros != [0, 0]:
        raise ValueError(f"not an IDX file: expected 00 00 first, got {bytes(zeros).hex(' ')}")
    if code not in TYPES:
        known = bytes(TYPES).hex(" ")
        raise ValueError(f"expected one of {known} as type of the numbers, got {code:02x}")
    return np.dtype(TYPES[code]), struct.unpack(f">{rank}I", _take(file, 4 * rank, "sizes"))


def _take(file: BufferedIOBase, count: int, name: str) -> bytearray:
    """The next ``count`` bytes, in pieces: a header that lies about them costs no memory."""
    data = bytearray()
    while piece := file.read(min(PIECE, count - len(data))):
        data += piece
    if len(data) != count:
        raise ValueError(f"cut short: expected {count} bytes of {name}, got {len(data)}")
    return data


def _verify(path: Path, numbers: Array) -> None:
    """The checksum of the whole file: of its header, written once more, and of its numbers."""
    header = struct.pack(f">BBBB{numbers.ndim}I", 0, 0, 0x08, numbers.ndim, *numbers.shape)
    digest = hashlib.sha256(header)
    digest.update(numbers.data)
    wanted, found = SHA256[path.name.removesuffix(".gz")], digest.hexdigest()
    if found != wanted:
        raise ValueError(f"{path}: not the original MNIST, expected SHA-256 {wanted}, got {found}")
