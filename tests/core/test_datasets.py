"""The IDX reader on sound, damaged and hostile files; facts about MNIST; batches."""

import gzip
import hashlib
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cnnlib import datasets
from cnnlib.datasets import batches, load_mnist, read_idx, to_float

Array = NDArray[Any]
CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
MIB = 1 << 20
NO_DEADLINE = settings(deadline=None)


def idx(a: Array) -> bytes:
    """The writer: what the format says, without a line of the reader."""
    sizes = b"".join(n.to_bytes(4, "big") for n in a.shape)
    numbers = a.astype(a.dtype.newbyteorder(">")).tobytes()
    return bytes([0, 0, CODES[a.dtype.name], a.ndim]) + sizes + numbers


def packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(packed(content) if path.suffix == ".gz" else content)
    return path


def form(a: Array) -> tuple[tuple[int, ...], str]:
    return a.shape, a.dtype.name


def message(call: Callable[[], object], error: type[Exception] = ValueError) -> str:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    return str(caught.value)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


# The format


@pytest.mark.parametrize(
    ("file", "dtype", "expected"),
    [
        ("00 00 08 01 00000003 00 7f ff", np.uint8, [0, 127, 255]),
        ("00 00 09 01 00000003 00 7f ff", np.int8, [0, 127, -1]),
        ("00 00 0b 01 00000003 0001 0100 fffe", np.int16, [1, 256, -2]),
        ("00 00 0c 01 00000003 00000001 01000000 fffffffe", np.int32, [1, 1 << 24, -2]),
        ("00 00 0d 01 00000003 3f800000 c0200000 7f800000", np.float32, [1, -2.5, np.inf]),
        ("00 00 0e 01 00000002 3ff0000000000000 c004000000000000", np.float64, [1, -2.5]),
        ("00 00 08 02 00000002 00000003 00 01 02 03 04 05", np.uint8, [[0, 1, 2], [3, 4, 5]]),
        ("00 00 0b 02 00000000 00000005", np.int16, np.zeros((0, 5))),
        ("00 00 08 00 2a", np.uint8, 42),
    ],
)
@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_reads_bytes_written_by_hand(
    file: str, dtype: type, expected: Any, name: str, tmp_path: Path
) -> None:
    a = read_idx(write(tmp_path / name, bytes.fromhex(file)))
    assert a.dtype == dtype
    assert a.dtype.isnative
    assert a.flags.writeable
    assert a.shape == np.shape(expected)
    np.testing.assert_array_equal(a, expected)


arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda name: hnp.arrays(np.dtype(name), hnp.array_shapes(min_side=0, max_dims=5, max_side=6))
)


@NO_DEADLINE
@given(a=arrays, name=st.sampled_from(["a", "a.gz"]))
def test_reads_back_what_was_written(a: Array, name: str, scratch: Path) -> None:
    b = read_idx(write(scratch / name, idx(a)))
    assert (b.dtype, b.shape, b.tobytes()) == (a.dtype, a.shape, a.tobytes())


def test_path_as_text_and_file_in_many_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = np.arange(1000, dtype=np.int32).reshape(10, 100)
    monkeypatch.setattr(datasets, "PIECE", 7)
    for name in ("a", "a.gz"):
        np.testing.assert_array_equal(read_idx(str(write(tmp_path / name, idx(a)))), a)


def test_gzip_in_two_members_or_padded_with_zeros_is_sound(tmp_path: Path) -> None:
    a, path = np.arange(10, dtype=np.int16), tmp_path / "a.gz"
    path.write_bytes(packed(idx(a)[:9]) + packed(idx(a)[9:]) + bytes(16))
    np.testing.assert_array_equal(read_idx(path), a)


# Damaged files

SOUND = idx(np.arange(6, dtype=np.int16).reshape(2, 3))
KNOWN = "expected one of 08 09 0b 0c 0d 0e as type of the numbers, got"
DAMAGED = {
    "empty": (b"", "the file is empty"),
    "magic number cut": (SOUND[:3], "cut short: expected 4 bytes of magic number, got 3"),
    "sizes cut": (SOUND[:11], "cut short: expected 8 bytes of sizes, got 7"),
    "no numbers": (SOUND[:12], "cut short: expected 12 bytes of numbers, got 0"),
    "last byte missing": (SOUND[:-1], "cut short: expected 12 bytes of numbers, got 11"),
    "a byte too many": (SOUND + b"\0", "expected the end after 12 bytes of numbers, got more"),
    "bytes after no numbers": (
        idx(np.zeros((0, 3), np.int8)) + b"ab",
        "expected the end after 0 bytes of numbers, got more",
    ),
    "first byte": (b"\x01" + SOUND[1:], "not an IDX file: expected 00 00 first, got 01 00"),
    "second byte": (b"\0\xff" + SOUND[2:], "not an IDX file: expected 00 00 first, got 00 ff"),
    "gzip without .gz": (packed(SOUND), "not an IDX file: expected 00 00 first, got 1f 8b"),
    "type 0a": (b"\0\0\x0a" + SOUND[3:], f"{KNOWN} 0a"),
    "type ff": (b"\0\0\xff" + SOUND[3:], f"{KNOWN} ff"),
    "other type": (b"\0\0\x08" + SOUND[3:], "expected the end after 6 bytes of numbers, got more"),
    "rank too high": (
        b"\0\0\x0b\x03" + SOUND[4:],
        "cut short: expected 12 bytes of numbers, got 8",
    ),
    "rank too low": (
        b"\0\0\x0b\x01" + SOUND[4:],
        "expected the end after 4 bytes of numbers, got more",
    ),
    "size too large": (
        SOUND[:4] + b"\xff" * 8 + SOUND[12:],
        f"cut short: expected {2 * (2**32 - 1) ** 2} bytes of numbers, got 12",
    ),
}


@pytest.mark.parametrize(("content", "expected"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("name", ["some-file", "some-file.gz"])
def test_damaged_content_is_named(content: bytes, expected: str, name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, content)
    assert message(lambda: read_idx(path)) == f"{path}: {expected}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\0\0\x08\x04" + b"\xff" * 12 + bytes(4), "array is too big"),
        (b"\0\0\x08\x41" + b"\0\0\0\x01" * 65 + b"x", "maximum supported dimension"),
    ],
)
def test_what_numpy_cannot_hold_is_named(content: bytes, expected: str, tmp_path: Path) -> None:
    path = write(tmp_path / "some-file", content)
    assert message(lambda: read_idx(path)).startswith(f"{path}: {expected}")


GZIP = packed(SOUND)
CRC = zlib.crc32(SOUND)
BAD_GZIP = "not a gzip file, or a damaged one:"
DAMAGED_GZIP = {
    "not packed": (SOUND, rf"{BAD_GZIP} Not a gzipped file (b'\x00\x00')"),
    "one byte": (GZIP[:1], rf"{BAD_GZIP} Not a gzipped file (b'\x1f')"),
    "header cut": (GZIP[:5], "the gzip file is cut short"),
    "stream cut": (GZIP[: len(GZIP) // 2], "the gzip file is cut short"),
    "checksum cut": (GZIP[:-7], "the gzip file is cut short"),
    "last byte missing": (GZIP[:-1], "the gzip file is cut short"),
    "checksum": (
        GZIP[:-8] + (CRC ^ 1).to_bytes(4, "little") + GZIP[-4:],
        f"{BAD_GZIP} CRC check failed {CRC ^ 1:#x} != {CRC:#x}",
    ),
    "length": (GZIP[:-1] + b"\x01", f"{BAD_GZIP} Incorrect length of data produced"),
    "more behind": (GZIP + b"ab", f"{BAD_GZIP} Not a gzipped file (b'ab')"),
    "method": (GZIP[:2] + b"\x07" + GZIP[3:], f"{BAD_GZIP} Unknown compression method"),
    "block type": (
        GZIP[:10] + b"\x07" + GZIP[11:],
        f"{BAD_GZIP} Error -3 while decompressing data: invalid block type",
    ),
}


@pytest.mark.parametrize(("content", "expected"), DAMAGED_GZIP.values(), ids=DAMAGED_GZIP)
def test_damaged_gzip_is_named(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "some-file.gz"
    path.write_bytes(content)
    assert message(lambda: read_idx(path)) == f"{path}: {expected}"


@pytest.mark.parametrize("name", ["missing", "missing.gz"])
def test_missing_file_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert str(path) in message(lambda: read_idx(path), FileNotFoundError)


# Hostile files


def peak(call: Callable[[], object]) -> int:
    """The most bytes in use at once during a call that may raise ValueError only."""
    tracemalloc.start()
    try:
        call()
    except ValueError:
        pass
    finally:
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return used


def read_back(path: Path) -> None:
    """What is read is all of the file: written again, it gives the same bytes."""
    content, a = path.read_bytes(), read_idx(path)
    assert idx(a) == (gzip.decompress(content) if path.suffix == ".gz" else content)


@NO_DEADLINE
@given(a=arrays, data=st.data())
def test_flipped_bytes_give_an_array_or_value_error(
    a: Array, data: st.DataObject, scratch: Path
) -> None:
    name = data.draw(st.sampled_from(["a", "a.gz"]))
    content = bytearray(write(scratch / name, idx(a)).read_bytes())
    places = st.integers(0, len(content) - 1)
    flips = st.dictionaries(places, st.integers(1, 255), min_size=1, max_size=4)
    for place, bits in data.draw(flips).items():
        content[place] ^= bits
    (scratch / name).write_bytes(content)
    assert peak(lambda: read_back(scratch / name)) < 4 * MIB


@NO_DEADLINE
@given(a=arrays, data=st.data(), name=st.sampled_from(["a", "a.gz"]))
def test_every_truncation_is_noticed(
    a: Array, data: st.DataObject, name: str, scratch: Path
) -> None:
    content = write(scratch / name, idx(a)).read_bytes()
    (scratch / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert message(lambda: read_idx(scratch / name)).startswith(f"{scratch / name}: ")


@NO_DEADLINE
@given(
    start=st.sampled_from([b"", b"\0\0", b"\0\0\x08\x03", b"\0\0\x0e\x01", b"\x1f\x8b\x08"]),
    rest=st.binary(max_size=400),
    name=st.sampled_from(["a", "a.gz"]),
    pack=st.booleans(),
)
def test_any_bytes_give_an_array_or_value_error(
    start: bytes, rest: bytes, name: str, pack: bool, scratch: Path
) -> None:
    path = scratch / name
    path.write_bytes(packed(start + rest) if pack else start + rest)
    assert peak(lambda: read_back(path)) < 4 * MIB


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_a_header_that_announces_too_much_costs_no_memory(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, b"\0\0\x0e\x02" + b"\xff" * 8 + bytes(1000))
    assert peak(lambda: message(lambda: read_idx(path))) < 4 * MIB


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_no_more_is_unpacked_than_the_header_announces(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, idx(np.zeros(1000, np.uint8)) + bytes(64 * MIB))
    assert peak(lambda: message(lambda: read_idx(path))) < MIB


def test_bytes_are_read_in_place(tmp_path: Path) -> None:
    """Bytes need no second copy: at most the numbers, room to grow (an eighth) and a piece."""
    path = write(tmp_path / "a", idx(np.zeros(32 * MIB, np.uint8)))
    assert peak(lambda: read_idx(path)) < 40 * MIB


# MNIST

FACTS: dict[str, dict[str, Any]] = {
    "train": {
        "count": 60_000,
        "first": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        "digits": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        "ink": 1_567_298_545,
    },
    "test": {
        "count": 10_000,
        "first": [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
        "digits": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        "ink": 264_923_200,
    },
}


@pytest.mark.parametrize("split", FACTS)
def test_mnist_is_what_it_is_known_to_be(split: str) -> None:
    images, labels = load_mnist(split)
    facts = FACTS[split]
    assert form(images) == ((facts["count"], 28, 28), "uint8")
    assert form(labels) == ((facts["count"],), "int64")
    assert labels[:10].tolist() == facts["first"]
    assert np.bincount(labels).tolist() == facts["digits"]
    assert (images.min(), images.max()) == (0, 255)
    assert images.sum(dtype=np.int64) == facts["ink"]
    assert images.flags.writeable
    assert labels.flags.writeable


def test_mean_and_deviation_of_the_training_pixels() -> None:
    images, _ = load_mnist()
    assert len(images) == 60_000
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in np.array_split(images, 60))
    values = np.arange(256) / 255
    mean = np.average(values, weights=counts)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    assert (round(mean, 4), round(deviation, 4)) == (0.1307, 0.3081)


def test_licence_of_the_files_is_beside_them() -> None:
    licence = (datasets.PACKAGED / "LICENSE").read_text(encoding="utf-8")
    for words in ("Yann LeCun, Corinna Cortes, Christopher J. C. Burges", "licenses/by-sa/3.0/"):
        assert words in licence


IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the test split, unpacked, in the place of the packaged files."""
    for name in (IMAGES, LABELS):
        content = gzip.decompress((datasets.PACKAGED / f"{name}.gz").read_bytes())
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(datasets, "PACKAGED", tmp_path)
    return tmp_path


def not_the_original(path: Path, content: bytes | bytearray) -> str:
    expected = datasets.SHA256[path.name.removesuffix(".gz")]
    found = hashlib.sha256(content).hexdigest()
    return f"{path}: not the original MNIST, expected SHA-256 {expected}, got {found}"


def test_checksum_is_of_the_unpacked_content(copy: Path) -> None:
    for name in (IMAGES, LABELS):
        content = (copy / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == datasets.SHA256[name]
        (copy / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=1))
        load_mnist("test")
        (copy / name).unlink()
        load_mnist("test")


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(("name", "place"), [(IMAGES, 16), (IMAGES, -1), (LABELS, 8), (LABELS, -1)])
def test_one_changed_number_in_the_package_is_noticed(
    name: str, place: int, suffix: str, copy: Path
) -> None:
    content = bytearray((copy / name).read_bytes())
    content[place] ^= 1
    (copy / name).unlink()
    path = write(copy / f"{name}{suffix}", bytes(content))
    assert message(lambda: load_mnist("test")) == not_the_original(path, content)
    assert len(load_mnist("test", root=copy)[0]) == 10_000


def test_missing_example_in_the_package_is_noticed(copy: Path) -> None:
    images, labels = read_idx(copy / IMAGES)[:-1], read_idx(copy / LABELS)[:-1]
    write(copy / IMAGES, idx(images))
    write(copy / LABELS, idx(labels))
    found = message(lambda: load_mnist("test"))
    assert found == not_the_original(copy / IMAGES, idx(images))


def test_missing_file_of_the_package_is_named(copy: Path) -> None:
    (copy / LABELS).unlink()
    assert message(lambda: load_mnist("test"), FileNotFoundError) == (
        f"{copy}: expected the file {LABELS} or {LABELS}.gz, found neither"
    )


@pytest.mark.parametrize("split", ["t10k", "Train", ""])
def test_unknown_split_is_named(split: str) -> None:
    assert message(lambda: load_mnist(split)) == (
        f"load_mnist expected the split 'train' or 'test', got {split!r}"
    )


# The user's own files

SOME_IMAGES = np.random.default_rng(0).integers(0, 256, (10, 28, 28), np.uint8)
SOME_LABELS = np.arange(10, dtype=np.uint8)


def save(
    folder: Path, images: Array, labels: Array, prefix: str = "t10k", suffix: str = ""
) -> tuple[Path, Path]:
    return (
        write(folder / f"{prefix}-images-idx3-ubyte{suffix}", idx(images)),
        write(folder / f"{prefix}-labels-idx1-ubyte{suffix}", idx(labels)),
    )


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("count", [0, 1, 10])
def test_own_files_may_have_another_count(count: int, suffix: str, tmp_path: Path) -> None:
    save(tmp_path, SOME_IMAGES[:count], SOME_LABELS[:count], "t10k", suffix)
    save(tmp_path, SOME_IMAGES[::-1], SOME_LABELS[::-1], "train", suffix)
    for root in (tmp_path, str(tmp_path)):
        images, labels = load_mnist("test", root)
        np.testing.assert_array_equal(images, SOME_IMAGES[:count])
        np.testing.assert_array_equal(labels, SOME_LABELS[:count])
        assert (images.dtype.name, labels.dtype.name) == ("uint8", "int64")
    np.testing.assert_array_equal(load_mnist(root=tmp_path)[1], SOME_LABELS[::-1])


def test_an_unpacked_file_goes_before_a_packed_one(tmp_path: Path) -> None:
    save(tmp_path, SOME_IMAGES, SOME_LABELS)
    (tmp_path / f"{IMAGES}.gz").write_bytes(b"not read")
    (tmp_path / f"{LABELS}.gz").mkdir()
    np.testing.assert_array_equal(load_mnist("test", tmp_path)[0], SOME_IMAGES)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_dot_in_the_names_is_known_too(suffix: str, tmp_path: Path) -> None:
    for path in save(tmp_path, SOME_IMAGES, SOME_LABELS, suffix=suffix):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    np.testing.assert_array_equal(load_mnist("test", tmp_path)[1], SOME_LABELS)
    np.testing.assert_array_equal(load_mnist("test", tmp_path)[0], SOME_IMAGES)


def test_gz_may_be_in_capitals(tmp_path: Path) -> None:
    path = write(tmp_path / "some.gz", idx(SOME_LABELS))
    np.testing.assert_array_equal(read_idx(path.rename(tmp_path / "SOME.GZ")), SOME_LABELS)
    for path in save(tmp_path, SOME_IMAGES, SOME_LABELS, suffix=".gz"):
        path.rename(path.with_name(path.name.upper()))
    np.testing.assert_array_equal(load_mnist("test", tmp_path)[1], SOME_LABELS)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        (["MNIST/raw/" + IMAGES, "MNIST/raw/" + LABELS], "MNIST/raw/" + IMAGES),
        (["FashionMNIST/raw/" + IMAGES, "MNIST/raw/" + IMAGES, "QMNIST/raw/" + IMAGES],
         f"FashionMNIST/raw/{IMAGES}, MNIST/raw/{IMAGES}"),
        ([f"{IMAGES}/{IMAGES}"], f"{IMAGES}/{IMAGES}"),
        (["emnist-digits-test-labels-idx1-ubyte", "emnist-t10k-images-idx3-ubyte.gz"],
         "emnist-t10k-images-idx3-ubyte.gz"),
    ],
)  # fmt: skip
def test_files_as_others_lay_them_are_named(places: list[str], found: str, tmp_path: Path) -> None:
    """As torchvision does, as a copy on Kaggle, and as EMNIST."""
    for place in places:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / place, idx(SOME_IMAGES))
    wanted = f"{tmp_path}: expected the file {IMAGES} or {IMAGES}.gz"
    assert message(lambda: load_mnist("test", tmp_path), FileNotFoundError) == (
        f"{wanted}, found {found}: give their folder, under MNIST's names"
    )


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (SOME_IMAGES[:, :27], "uint8 (10, 27, 28)"),
        (SOME_IMAGES[:, :, 1:], "uint8 (10, 28, 27)"),
        (SOME_IMAGES.reshape(10, 784), "uint8 (10, 784)"),
        (SOME_IMAGES[:, None], "uint8 (10, 1, 28, 28)"),
        (SOME_IMAGES[0], "uint8 (28, 28)"),
        (np.array(1, np.uint8), "uint8 ()"),
        (SOME_IMAGES.view(np.int8), "int8 (10, 28, 28)"),
        (SOME_IMAGES.astype(np.float64), "float64 (10, 28, 28)"),
    ],
)
def test_images_of_another_form_are_named(images: Array, found: str, tmp_path: Path) -> None:
    path, _ = save(tmp_path, images, SOME_LABELS)
    assert message(lambda: load_mnist("test", tmp_path)) == (
        f"{path}: expected images as uint8 (N, 28, 28), got {found}"
    )


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (SOME_LABELS[:, None], "expected labels of shape (10,), got shape (10, 1)"),
        (np.array(1, np.uint8), "expected labels of shape (10,), got shape ()"),
        (SOME_LABELS[:9], "expected labels of shape (10,), got shape (9,)"),
        (np.zeros(11, np.uint8), "expected labels of shape (10,), got shape (11,)"),
        (SOME_LABELS + np.uint8(1), "expected labels in 0 … 9, got 1 … 10"),
        (SOME_LABELS.view(np.int8) - np.int8(1), "expected labels in 0 … 9, got -1 … 8"),
    ],
)
def test_labels_of_another_form_are_named(labels: Array, complaint: str, tmp_path: Path) -> None:
    _, path = save(tmp_path, SOME_IMAGES, labels)
    assert message(lambda: load_mnist("test", tmp_path)) == f"{path}: {complaint}"


def test_labels_are_integers_of_any_size(tmp_path: Path) -> None:
    for dtype in (np.int8, np.int16, np.int32):
        save(tmp_path, SOME_IMAGES, SOME_LABELS.astype(dtype))
        labels = load_mnist("test", tmp_path)[1]
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(labels, SOME_LABELS)
    _, path = save(tmp_path, SOME_IMAGES, SOME_LABELS.astype(np.float32))
    assert message(lambda: load_mnist("test", tmp_path), TypeError) == (
        f"{path}: expected integer labels, got float32"
    )


def test_damage_and_absence_name_the_file(tmp_path: Path) -> None:
    images, labels = save(tmp_path, SOME_IMAGES, SOME_LABELS)
    labels.write_bytes(labels.read_bytes()[:-1])
    assert message(lambda: load_mnist("test", tmp_path)) == (
        f"{labels}: cut short: expected 10 bytes of numbers, got 9"
    )
    images.unlink()
    absent = f"expected the file {IMAGES} or {IMAGES}.gz, found neither"
    found = message(lambda: load_mnist("test", tmp_path), FileNotFoundError)
    assert found == f"{tmp_path}: {absent}"
    nowhere = tmp_path / "nowhere"
    found = message(lambda: load_mnist("test", nowhere), FileNotFoundError)
    assert found == f"{nowhere}: {absent}"


# Arrays for a network


def test_to_float_adds_a_channel_and_divides_by_255() -> None:
    images = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    before = images.copy()
    x = to_float(images)
    assert form(x) == ((2, 1, 8, 16), "float32")
    assert (x.min(), x.max()) == (0, 1)
    np.testing.assert_array_equal(x.ravel(), np.arange(256, dtype=np.float32) / np.float32(255))
    np.testing.assert_array_equal(to_float(images[::-1, :, ::2]), x[::-1, :, :, ::2])
    np.testing.assert_array_equal(images, before)
    assert to_float(images[:0]).shape == (0, 1, 8, 16)


@pytest.mark.parametrize(
    ("images", "error", "expected"),
    [
        (np.zeros((1, 28, 28)), TypeError, "to_float expected uint8 images, got float64"),
        (np.zeros((1, 28, 28), np.int8), TypeError, "to_float expected uint8 images, got int8"),
        ([[[0, 1]]], TypeError, "to_float expected uint8 images, got int64"),
        (
            np.zeros((28, 28), np.uint8),
            ValueError,
            "to_float expected images of shape (N, H, W), got shape (28, 28)",
        ),
        (
            np.zeros((1, 1, 28, 28), np.uint8),
            ValueError,
            "to_float expected images of shape (N, H, W), got shape (1, 1, 28, 28)",
        ),
    ],
)
def test_to_float_names_what_it_cannot_use(
    images: Any, error: type[Exception], expected: str
) -> None:
    assert message(lambda: to_float(images), error) == expected


# Batches


def parts(n: int, **options: Any) -> list[list[int]]:
    return [batch.tolist() for (batch,) in batches(np.arange(n), **options)]


def test_batches_in_order() -> None:
    assert parts(7, batch_size=3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert parts(6, batch_size=3) == [[0, 1, 2], [3, 4, 5]]
    assert parts(2, batch_size=3) == [[0, 1]]
    assert parts(2, batch_size=np.int64(1)) == [[0], [1]]
    assert parts(0, batch_size=3) == []


@NO_DEADLINE
@given(n=st.integers(0, 50), size=st.integers(1, 60), seed=st.integers(0, 9))
def test_shuffled_batches_hold_every_index_once(n: int, size: int, seed: int) -> None:
    x, y = np.arange(n), 10 * np.arange(n)[:, None]
    chosen = list(batches(x, y, batch_size=size, rng=np.random.default_rng(seed)))
    assert all(len(batch) == 2 for batch in chosen)
    for a, b in chosen:
        np.testing.assert_array_equal(b, 10 * a[:, None])
    rest = [n % size] if n % size else []
    assert [len(a) for a, _ in chosen] == [size] * (n // size) + rest
    seen = [int(i) for a, _ in chosen for i in a]
    assert seen == np.random.default_rng(seed).permutation(n).tolist()


def test_the_seed_decides_the_order_and_every_epoch_has_its_own() -> None:
    rng = np.random.default_rng(1)
    first, second = parts(20, batch_size=20, rng=rng), parts(20, batch_size=20, rng=rng)
    assert first == parts(20, batch_size=20, rng=np.random.default_rng(1))
    assert first != second
    assert sorted(first[0]) == sorted(second[0]) == list(range(20))


def test_batches_are_copies_and_keep_the_type() -> None:
    x: Array = np.ones((4, 1, 2, 2), np.float32)
    labels: Any = [1, 2, 3, 4]
    for a, b in batches(x, labels, batch_size=2):
        assert form(a) == ((2, 1, 2, 2), "float32")
        assert b.shape == (2,)
        a[...] = 0
    assert (x == 1).all()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "expected"),
    [
        ((), {}, ValueError, "batches expected arrays of one length, got lengths []"),
        (
            (np.zeros((4, 2)), np.zeros(3)),
            {},
            ValueError,
            "batches expected arrays of one length, got lengths [4, 3]",
        ),
        ((np.zeros(4),), {"batch_size": 0}, ValueError, "batches expected batch_size >= 1, got 0"),
        (
            (np.zeros(4),),
            {"batch_size": -1},
            ValueError,
            "batches expected batch_size >= 1, got -1",
        ),
        (
            (np.zeros(4),),
            {"batch_size": 2.0},
            TypeError,
            "batches expected an integer as batch_size, got 2.0",
        ),
        (
            (np.zeros(4),),
            {"batch_size": True},
            TypeError,
            "batches expected an integer as batch_size, got True",
        ),
        (
            (np.zeros(4),),
            {"rng": 0},
            TypeError,
            "batches expected rng of type Generator, got int",
        ),
        ((np.float32(1),), {}, TypeError, "batches expected arrays, got a single number or None"),
    ],
)
def test_batches_names_what_it_cannot_use_at_once(
    arguments: tuple[Array, ...], options: dict[str, Any], error: type[Exception], expected: str
) -> None:
    assert message(lambda: batches(*arguments, **{"batch_size": 2, **options}), error) == expected
