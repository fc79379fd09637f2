"""What travels through the book: the pictures, and the networks that are shipped."""

import numpy as np
import pytest

from cnnbook import samples
from cnnlib.datasets import load_mnist, to_float
from cnnlib.training import accuracy


def test_pictures_are_batches_of_one() -> None:
    digit, photograph = samples.digit(), samples.photograph()
    assert (digit.shape, digit.dtype) == ((1, 1, 28, 28), np.float32)
    assert (photograph.shape, photograph.dtype) == ((1, 3, 150, 128), np.float32)
    for picture in (digit, photograph):
        assert 0 <= picture.min() < 0.1 < 0.9 < picture.max() <= 1


def test_a_digit_that_is_not_there() -> None:
    np.testing.assert_array_equal(samples.digit(-1), samples.digit(59_999))
    with pytest.raises(IndexError):
        samples.digit(60_000)


def test_lenet_is_decided_by_its_generator() -> None:
    a, b, c = (samples.lenet(rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert sum(p.data.size for p in a.parameters()) == 61_706
    pairs = [list(zip(a.parameters(), other.parameters(), strict=True)) for other in (b, c)]
    same = [all(np.array_equal(p.data, q.data) for p, q in pair) for pair in pairs]
    assert same == [True, False]


@pytest.mark.parametrize("augmented", [False, True], ids=["plain", "augmented"])
def test_shipped_networks_read_what_is_recorded(augmented: bool) -> None:
    images, labels = load_mnist("test")
    found = accuracy(samples.trained_lenet(augmented=augmented), to_float(images), labels)
    recorded = samples.recorded("recipes/lenet5" if augmented else "lenet")
    expected = recorded["shipped"] if augmented else recorded
    assert found == pytest.approx(expected["test_accuracy"], abs=2e-4)


def test_recorded_reads_a_file_or_a_folder() -> None:
    assert samples.recorded("bench")["machine"]["torch"]
    recipes = samples.recorded("recipes")
    assert recipes["tiny"] == samples.recorded("recipes/tiny")
    assert recipes.keys() >= {"tiny", "small", "lenet5", "best"}
    with pytest.raises(FileNotFoundError, match="unheard"):
        samples.recorded("unheard")
