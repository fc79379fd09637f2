"""Build the book in all its languages, or bring the catalogues of its translations up to date.

    python -m tools.editions           builds into _build/html, the languages side by side
    python -m tools.editions update    collects the messages, into the catalogues below locale/

English lies at the root, each translation in a folder of its own.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jupyter_book.sphinx import build_sphinx
from sphinx_intl.basic import update as update_catalogues

from _ext.editions import EDITIONS
from _ext.scripts import FIXED, literals, messages, speaks
from cnnbook import explore
from cnnbook.explore.figure import NOTE

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
FOLDERS = {language: it.folder for language, it in EDITIONS.items() if it.folder}
THEME = [  # what the theme and the extensions of others say on the pages
    "Theorem",
    "Definition",
]


def run_sphinx(language: str, builder: str, place: Path, target: Path) -> None:
    """Build all pages, or all messages; SystemExit where Sphinx finds anything wrong.

    `jupyter-book build` does the same, but knows only one language.
    """
    result = build_sphinx(
        ROOT,
        target,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": str(ROOT / "_toc.yml"),
            "language": language,
            "latex_individualpages": False,
            "nitpicky": True,
        },
        doctreedir=place / f".doctrees-{builder}-{language}",
        builder=builder,
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    if isinstance(result, Exception):
        raise result
    if result:
        sys.exit(result)


def translate(language: str, place: Path) -> None:
    """Build one translation."""
    run_sphinx(language, "html", place, place / "html" / FOLDERS[language])


def build(folder: Path) -> int:
    """Build all editions into FOLDER/_build/html; 0 if all is well."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    options = ["-W", "-n", "--keep-going", "--path-output", str(folder)]
    commands = [[str(jupyter_book), "build", str(ROOT), *options]]
    for language in FOLDERS:
        place = str(folder / "_build")
        commands.append([sys.executable, "-m", "tools.editions", language, place])
    runs = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    return max([run.wait() for run in runs])


def frame() -> Iterator[str]:
    """What stands around the pages: said by the extensions, the configuration and the theme."""
    python = [("**.py", "python")]
    for _, _, message, *_ in extract_from_dir(ROOT / "_ext", python, {}, {"_": None}):
        yield str(message)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    yield config["title"]
    yield config["html"]["extra_footer"]
    yield from config["sphinx"]["config"]["numfig_format"].values()
    yield from THEME
    yield from FIXED


def catalogued(path: Path) -> list[str]:
    """The messages of a catalogue."""
    with path.open("rb") as file:
        return [str(message.id) for message in read_po(file) if message.id]


def chosen(catalogue: str) -> set[str]:
    """The messages that a catalogue of a translation holds."""
    paths = [LOCALE / language / "LC_MESSAGES" / f"{catalogue}.po" for language in FOLDERS]
    return {message for path in paths if path.is_file() for message in catalogued(path)}


def in_scripts() -> Iterator[str]:
    """The strings of the figures and of the pages, and other pieces that a catalogue has."""
    folders = ("_ext/run_in_page", "_static", "cnnbook/explore")
    paths = [it for folder in folders for it in (ROOT / folder).glob("*.js")]
    scripts = [path.read_text(encoding="utf-8") for path in sorted(paths)]
    for script in scripts:
        yield from filter(speaks, literals(script))
    yield from sorted(it for it in chosen("scripts") if any(it in script for script in scripts))
    for name in explore.__all__:
        yield f'"{getattr(explore, name).name.capitalize()} explorer"'
    yield NOTE


def in_checkers() -> Iterator[str]:
    """The sentences that Python says in a page, and other strings that a catalogue has."""
    also = chosen("checkers")
    for path in [ROOT / "_ext/run_in_page/in_page.py", *(ROOT / "cnnbook/exercises").glob("*.py")]:
        for message in messages(path.read_text(encoding="utf-8")):
            if re.search("[a-z] [a-z]", message) or message in also:
                yield message


def update() -> None:
    """Write the messages of all pages, and those around them, into the catalogues."""
    folder = ROOT / "_build" / "gettext"
    run_sphinx("en", "gettext", ROOT / "_build", folder)
    with (folder / "sphinx.pot").open("rb") as file:
        templates = {"sphinx": read_po(file), "scripts": Catalog(), "checkers": Catalog()}
    found = {"sphinx": frame(), "scripts": in_scripts(), "checkers": in_checkers()}
    for name in found:
        for message in found[name]:
            templates[name].add(message)
        with (folder / f"{name}.pot").open("wb") as file:
            write_po(file, templates[name])
    update_catalogues(str(LOCALE), str(folder), [*FOLDERS], line_width=100, ignore_obsolete=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            sys.exit(build(ROOT))
        case ["update"]:
            update()
        case [language, place]:
            translate(language, Path(place))
