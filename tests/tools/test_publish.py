"""The address of the repository, put into the configuration of the book."""

from pathlib import Path

import pytest
import yaml

from tools import publish

TEXT = (Path(__file__).resolve().parents[2] / "_config.yml").read_text(encoding="utf-8")
URL = "https://github.com/someone/networks"


def test_buttons_open_the_notebooks_of_the_built_book() -> None:
    """A second address takes the place of the first."""
    text = publish.configured(publish.configured(TEXT, "https://github.com/someone/else"), URL)
    config = yaml.safe_load(text)
    place = {"branch": "gh-pages", "path_to_book": "notebooks"}
    assert config["repository"] == {"url": URL, **place}
    assert config["launch_buttons"].keys() == {
        "binderhub_url",
        "colab_url",
        "notebook_interface",
    }
    assert config["html"]["use_repository_button"] is config["html"]["use_issues_button"] is True
    assert config["sphinx"] == yaml.safe_load(TEXT)["sphinx"]


@pytest.mark.parametrize("url", ["", "networks", "http://github.com/a/b", "https://github.com/a"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected an address like"):
        publish.configured(TEXT, url)


def test_configuration_without_the_block_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one block 'repository', got 0"):
        publish.configured("title: x\n", URL)
