"""The package as a user gets it: a wheel with the data, and an import that needs only NumPy."""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

import cnnlib

ROOT = Path(__file__).resolve().parents[2]
MNIST = {
    f"cnnlib/data/mnist/{name}.gz"
    for name in (
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    )
}


def run_python(code: str, folder: Path = ROOT) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout


def test_import_needs_numpy_only() -> None:
    code = """
import sys
before = set(sys.modules)
import cnnlib
new = {name.partition(".")[0] for name in set(sys.modules) - before}
others = {name for name in new - set(sys.stdlib_module_names) if "cython" not in name}
print(sorted(others))  # some of NumPy's own modules are called cython_runtime and the like
"""
    assert run_python(code) == "['cnnlib', 'numpy']\n"


def imported(source: str) -> set[str]:
    """The packages that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", sorted((ROOT / "cnnlib").rglob("*.py")), ids=lambda p: p.name)
def test_library_imports_numpy_and_nothing_of_the_book(path: Path) -> None:
    found = imported(path.read_text(encoding="utf-8"))
    assert found - set(sys.stdlib_module_names) <= {"cnnlib", "numpy"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network from a copy of the sources."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("cnnbook", "cnnlib", "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("*.pyc"))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--wheel-dir", source, source], check=True)
    (built,) = source.glob("*.whl")
    return built


def test_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= MNIST | {"cnnlib/__init__.py", "cnnlib/py.typed", "cnnbook/py.typed"}
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"cnnbook", "cnnlib"}
    assert any(name.endswith("LICENSE") for name in names)
    assert wheel.name == f"cnnlib-{cnnlib.__version__}-py3-none-any.whl"


def test_wheel_holds_all_that_is_in_the_sources(wheel: Path) -> None:
    sources = {
        file.relative_to(ROOT).as_posix()
        for name in ("cnnbook", "cnnlib")
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert sources <= set(zipfile.ZipFile(wheel).namelist())


def test_unpacked_wheel_reads_mnist(wheel: Path, tmp_path: Path) -> None:
    """Far from the repository, the wheel alone loads the images."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = """
import sys
sys.path.insert(0, ".")
import cnnlib
from cnnlib.datasets import load_mnist
images, labels = load_mnist("test")
print(images.shape, labels.shape, cnnlib.__file__)
"""
    expected = f"(10000, 28, 28) (10000,) {tmp_path / 'cnnlib' / '__init__.py'}\n"
    assert run_python(code, folder=tmp_path) == expected


def test_chapter_runs_with_the_package_alone(wheel: Path, tmp_path: Path) -> None:
    """A notebook that was downloaded from a page, far from the repository: same outputs."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    chapter = ROOT / "chapters" / "03_convolution.ipynb"
    stored = nbformat.read(chapter, as_version=4)
    copy = nbformat.read(chapter, as_version=4)
    code = new_code_cell("import cnnlib\nprint(cnnlib.__file__)")
    copy.cells.append(code)
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    # A kernel may send what a cell prints in pieces.
    where = {"metadata": {"path": str(downloads)}}
    client = NotebookClient(copy, resources=where, coalesce_streams=True)
    client.execute(env=environment)
    assert printed(code) == [f"{tmp_path / 'installed' / 'cnnlib' / '__init__.py'}\n"]
    assert list(map(printed, copy.cells[:-1])) == list(map(printed, stored.cells))


def printed(cell: NotebookNode) -> list[str]:
    return [output.text for output in cell.get("outputs", []) if "text" in output]
