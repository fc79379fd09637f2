"""The program of chapter 13: the file is the chapter's, and it runs."""

import ast
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import torch
from torch.utils.data import Subset

from benchmarks import gpu

CHAPTERS = Path(__file__).parent.parent.parent / "chapters"
FILE = CHAPTERS / "train_mnist.py"
CPU = torch.device("cpu")


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program with 1,000 images, and 100 of them held out."""
    names = runpy.run_path(str(FILE))
    mnist, split = names["mnist"], names["split"]
    monkeypatch.setitem(
        names["main"].__globals__,
        "mnist",
        lambda name: Subset(mnist(name), range(0, 10_000, 10)),
    )
    monkeypatch.setitem(
        names["main"].__globals__, "split", lambda dataset, count: split(dataset, 100)
    )
    return SimpleNamespace(**names)


def definitions(source: str) -> dict[str, str]:
    """The functions and classes of a module or cell, by name, without their layout."""
    kinds = ast.FunctionDef, ast.ClassDef
    return {n.name: ast.dump(n) for n in ast.parse(source).body if isinstance(n, kinds)}


def test_the_chapter_shows_each_piece_of_the_file() -> None:
    notebook = nbformat.read(CHAPTERS / "13_training.ipynb", as_version=4)
    shown: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown |= definitions(cell.source)
    wanted = definitions(FILE.read_text(encoding="utf-8"))
    del wanted["main"]  # the chapter's own cells stand for it
    assert len(wanted) > 8
    assert {name: shown.get(name) for name in wanted} == wanted


def test_it_trains_saves_and_judges(
    program: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.main(str(tmp_path), epochs=3)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["epoch 1", "epoch 2", "epoch 3"]
    assert float(lines[-1].partition("%")[0]) > 60  # of 1,000 images, after 24 steps
    assert program.Net().load_state_dict(torch.load(tmp_path / "best.pt", weights_only=True))


def test_what_is_loaded_is_the_state_with_the_smallest_held_out_loss(
    program: Any, tmp_path: Path
) -> None:
    """Few images, many steps: it over-fits, and the last state is not the best."""
    torch.manual_seed(0)
    data = program.mnist("train")
    learn, held = Subset(data, range(100)), program.batches(Subset(data, range(100, 400)))
    model = program.Net().apply(program.he)
    loader = program.batches(learn, shuffle=True)
    history = program.fit(model, loader, held, CPU, tmp_path, epochs=60, lr=1e-2)
    losses = [row[1] for row in history]
    assert losses[-1] > 1.05 * min(losses)
    assert program.evaluate(model, held, CPU)[0] == pytest.approx(min(losses), rel=1e-5)


def test_an_evaluation_is_the_mean_over_images_not_over_batches(program: Any) -> None:
    data = Subset(program.mnist("train"), range(130))  # batches of 128 and 2
    model = program.Net().apply(program.he).eval()
    rows = [data[i] for i in range(130)]
    x, labels = torch.stack([x for x, _ in rows]), torch.tensor([int(t) for _, t in rows])
    logits = model(x)
    loss, accuracy = program.evaluate(model, program.batches(data), CPU)
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item())
    assert accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())


def test_the_hold_out_is_random_and_always_the_same(program: Any) -> None:
    data = program.mnist("train")
    parts = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        parts.append(program.split(data, 5_000))
    (learn, held), (_, again) = parts
    assert list(held.indices) == list(again.indices)
    assert sorted([*learn.indices, *held.indices]) == list(range(60_000))
    assert min(held.indices) < 1_000  # not the last images


def test_the_gpu_table_can_be_made(program: Any) -> None:
    times = gpu.step_times(program, CPU, [4], list(gpu.FORMATS))
    assert len(times) == 6
    assert all(milliseconds > 0 for milliseconds in times.values())


def test_the_gpu_table_is_refused_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    with pytest.raises(SystemExit, match=r"expected an accelerator .*, found the CPU alone"):
        gpu.main()
