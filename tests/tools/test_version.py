"""The version: all who state that of cnnlib agree. That of the wheel is in test_install.py."""

import re
from pathlib import Path

import yaml

import cnnlib

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## (\S+) \((\d{4}-\d{2}-\d{2})\)$", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_newest_section_of_the_changelog_and_the_citation_are_of_this_version() -> None:
    sections = SECTION.findall(text("CHANGELOG.md"))
    assert len(sections) == text("CHANGELOG.md").count("\n## ")
    assert sections == sorted(sections, key=lambda section: section[1], reverse=True)
    citation = yaml.safe_load(text("CITATION.cff"))
    cited = (citation["version"], str(citation["date-released"]))
    assert sections[0] == cited
    assert cited[0] == cnnlib.__version__
    assert f"version {cnnlib.__version__}." in text("appendices/bibliography.md")
