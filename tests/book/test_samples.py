"""What travels through the book: pictures, networks, and results by name."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from cnnbook import networks, samples
from cnnbook.explore.sizes import Written
from cnnbook.machine import machine, processor
from cnnlib import nn
from cnnlib.datasets import load_mnist, to_float
from cnnlib.training import accuracy, predict


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


CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def written_in(chapter: str, name: str) -> Any:
    """The function of this name that a chapter defines."""
    cells = nbformat.read(CHAPTERS / chapter, as_version=4).cells
    for cell in cells:
        if cell.cell_type == "code" and re.search(rf"def {name}\(nn?,", cell.source):
            body = [line for line in ast.parse(cell.source).body if ast.unparse(line)[:4] == "def "]
            found: dict[str, Any] = {}
            exec(ast.unparse(ast.Module(body, [])), found)
            return found[name]
    raise AssertionError(f"{chapter} defines no {name}")


@pytest.mark.parametrize(
    ("name", "written", "chapter"),
    [("lenet", "lenet", "04_output_size.ipynb"), ("source", "network", "12_mnist.ipynb")],
)
def test_the_chapter_writes_the_network_that_the_others_import(
    name: str, written: str, chapter: str
) -> None:
    assert written_in(chapter, written)(Written) == getattr(networks, name)(Written)


@pytest.mark.parametrize("name", ["lenet", "source"])
def test_a_network_is_the_same_in_both_libraries(name: str) -> None:
    network = getattr(networks, name)
    ours, theirs = network(nn, rng=np.random.default_rng(0)), network(torch.nn)
    theirs.load_state_dict({key: torch.from_numpy(a) for key, a in ours.state_dict().items()})
    y = theirs(torch.from_numpy(samples.digit())).detach().numpy()
    np.testing.assert_allclose(ours(samples.digit()), y, atol=1e-5)


@pytest.mark.parametrize("augmented", [False, True], ids=["plain", "augmented"])
def test_shipped_networks_read_what_is_recorded(augmented: bool) -> None:
    images, labels = load_mnist("test")
    found = accuracy(samples.trained_lenet(augmented=augmented), to_float(images), labels)
    recorded = samples.recorded("recipes/lenet5" if augmented else "lenet")
    expected = recorded["shipped"] if augmented else recorded
    assert found == pytest.approx(expected["test_accuracy"], abs=2e-4)


def test_the_reader_of_drawings_reads_what_is_recorded() -> None:
    images, labels = load_mnist("test")
    z = predict(samples.trained_reader(), to_float(images))
    found = np.mean(z[:, :10].argmax(1) == labels)
    recorded = samples.recorded("no_digit")["shipped"]
    assert found == pytest.approx(recorded["test_accuracy"], abs=2e-4)


def test_the_network_of_the_class_activation_maps_reads_what_is_recorded() -> None:
    images, labels = load_mnist("test")
    model = samples.trained_cam()
    found = accuracy(model, to_float(images), labels)
    assert found == pytest.approx(samples.recorded("cam")["test_accuracy"], abs=2e-4)
    assert sum(p.data.size for p in model.parameters()) == 5_026


def test_recorded_reads_a_file_or_a_folder() -> None:
    assert samples.recorded("bench")["machine"]["torch"]
    recipes = samples.recorded("recipes")
    assert recipes["tiny"] == samples.recorded("recipes/tiny")
    assert recipes.keys() >= {"tiny", "small", "lenet5", "best"}
    with pytest.raises(FileNotFoundError, match="unheard"):
        samples.recorded("unheard")


def test_what_is_recorded_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "RESULTS", tmp_path)
    content = {"machine": machine(), "workload": "28 × 28", "seconds": [0.1]}
    samples.record("folder/a", content)
    samples.record("b", {"b": 1})
    assert samples.recorded("folder/a") == content
    assert samples.recorded("folder") == {"a": content}
    assert (tmp_path / "b.json").read_text(encoding="utf-8") == '{\n "b": 1\n}\n'


def test_what_is_no_json_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "RESULTS", tmp_path)
    with pytest.raises(ValueError, match="nan"):
        samples.record("a", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b'{"a": ', b"\xff"])
def test_a_damaged_result_is_named(
    damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "RESULTS", tmp_path)
    (tmp_path / "a.json").write_bytes(damage)
    with pytest.raises(ValueError, match=r"a\.json: expected a recorded result, got damaged JSON"):
        samples.recorded("a")


X86 = "cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\ncpu family\t: 1\n"


def test_a_processor_is_named_with_its_family_and_model(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(X86, encoding="utf-8")
    assert processor(info) == "AMD EPYC (family 25, model 17)"
    info.write_text("processor\t: 0\nBogoMIPS\t: 50\n", encoding="utf-8")
    assert processor(info) == processor(tmp_path / "none") != ""


def test_a_machine_says_what_a_result_depends_on() -> None:
    assert machine()["torch"] == torch.__version__
    assert machine().keys() == {"processor", "system", "python", "numpy", "threads", "torch"}
