"""The reference pages: every public name is on them, and every example gives what it says."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from checkers import EXERCISES

FOLDER = Path(__file__).resolve().parents[2] / "appendices"
TEXTS = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (FOLDER / "reference.md", *sorted(FOLDER.glob("reference/*.md")))
}
MODULES = {
    "functional": ["cnnlib.windows", "cnnlib.functional"],
    "nn": ["cnnlib.nn"],
    "learning": [
        *("cnnlib.init", "cnnlib.optim", "cnnlib.training", "cnnlib.gradcheck", "cnnlib.autograd")
    ],
    "data": [
        *("cnnlib.datasets", "cnnbook.samples", "cnnbook.digits"),
        *("cnnbook.drawings", "cnnbook.networks"),
    ],
    "pictures": ["cnnbook.plot", "cnnbook.explore"],
    "exercises": ["cnnbook.exercises"],
    "trainer": ["cnnbook.trainer"],
}
EXAMPLE = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^\.\. automodule:: (\S+)\n   :members:$", re.MULTILINE)


def public_names(module: str) -> list[str]:
    """What `__all__` lists, or without it the functions and classes written in the package."""
    found = importlib.import_module(module)
    own = [
        name
        for name, value in vars(found).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__.startswith(module)
    ]
    return [name for name in getattr(found, "__all__", own) if not name.startswith("_")]


PUBLIC = [
    (page, module, name)
    for page, modules in MODULES.items()
    for module in modules
    for name in public_names(module)
]


def examples(page: str) -> list[doctest.Example]:
    """The lines of all examples of a page."""
    text = TEXTS[page]
    return [
        example
        for block in EXAMPLE.finditer(text)
        for example in doctest.DocTestParser().get_examples(block[1], f"{page}.md")
    ]


def test_every_page_is_listed() -> None:
    assert {"reference", *MODULES} == set(TEXTS)


@pytest.mark.parametrize(("page", "module", "name"), PUBLIC)
def test_public_name_is_described(page: str, module: str, name: str) -> None:
    text = TEXTS[page]
    directive = rf"^\.\. auto(function|class|exception):: {re.escape(f'{module}.{name}')}$"
    all_listed = module in LISTED.findall(text)
    assert all_listed or f"`{name}`" in text or re.search(directive, text, re.MULTILINE)


@pytest.mark.parametrize(("page", "module", "name"), PUBLIC)
def test_public_name_has_an_example(page: str, module: str, name: str) -> None:
    code = "".join(example.source for example in examples(page))
    assert re.search(rf"(?<!\w){name}(?!\w)", code)


def test_names_of_the_package_itself_are_on_the_first_page() -> None:
    for name in public_names("cnnlib"):
        assert f"`{name}`" in TEXTS["reference"], name


@pytest.mark.parametrize("exercise", EXERCISES)
def test_exercise_stands_in_the_row_of_its_module(exercise: str) -> None:
    module, _, name = exercise.partition(".")
    assert re.search(rf"^\| `{module}` \|.*`{name}`", TEXTS["exercises"], re.MULTILINE)


@pytest.mark.parametrize("page", TEXTS)
def test_examples_give_what_the_page_says(page: str) -> None:
    """All blocks of a page are one session."""
    session = doctest.DocTest(examples(page), {}, f"{page}.md", f"{page}.md", 0, None)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(session, out=report.append)
    plt.close("all")
    assert result.attempted
    assert not result.failed, "".join(report)
