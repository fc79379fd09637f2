"""The address of the repository, put into a copy of the project."""

import shutil
from pathlib import Path

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from tools import publish

ROOT = Path(__file__).resolve().parents[2]
URL = "https://github.com/someone/networks"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("chapters", "appendices"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "_config.yml", tmp_path)
    shutil.copy(ROOT / "chapters" / "01_introduction.ipynb", tmp_path / "chapters")
    return tmp_path


def test_buttons_and_a_first_cell(project: Path) -> None:
    before = nbformat.read(project / "chapters" / "01_introduction.ipynb", as_version=4)
    publish.publish(project, "https://github.com/someone/else", "old")
    publish.publish(project, URL)  # a second address takes the place of the first
    config = yaml.safe_load((project / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"] == {"url": URL, "branch": "main"}
    assert config["launch_buttons"].keys() == {"binderhub_url", "colab_url"}
    assert config["html"]["use_repository_button"] is config["html"]["use_issues_button"] is True
    unchanged = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["sphinx"] == unchanged["sphinx"]
    notebook = nbformat.read(project / "chapters" / "01_introduction.ipynb", as_version=4)
    nbformat.validate(notebook)
    first, *rest = notebook.cells
    assert rest == before.cells
    assert first.metadata.tags == ["remove-cell"]
    assert f'"cnnlib[plot,torch] @ git+{URL}@main"' in first.source


def test_first_cell_installs_nothing_where_the_package_is() -> None:
    """It would need get_ipython, which is missing here."""
    source = publish.SOURCE.format(url=URL, branch="main")
    code = TransformerManager().transform_cell(source)
    assert "get_ipython().run_line_magic('pip'" in code
    exec(code, {})


@pytest.mark.parametrize("url", ["", "networks", "http://github.com/a/b", "https://github.com/a"])
def test_what_is_no_address_changes_nothing(project: Path, url: str) -> None:
    before = (project / "_config.yml").read_bytes()
    with pytest.raises(ValueError, match="expected an address like"):
        publish.publish(project, url)
    assert (project / "_config.yml").read_bytes() == before


def test_configuration_without_the_block_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one block 'repository', got 0"):
        publish.configured("title: x\n", URL, "main")
