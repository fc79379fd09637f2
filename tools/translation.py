"""Compare a message of the book with its translation: what must be the same in both.

    python -m tools.translation

lists what is wrong in the catalogues below `locale`, and what is still to be translated.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from markdown_it import MarkdownIt
from pygments.lexers import JavascriptLexer
from pygments.token import Error

from _ext.scripts import literals

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "locale" / "zh_CN" / "LC_MESSAGES"

HAN = "\u4e00-\u9fff"
# In this order: what one pattern has found is taken away before the next one looks.
SAME = {
    "role": r"\{([\w:]+)\}`(?:[^`]*<([^`>]+)>|([^`<>]+))`",
    "code": r"(`+)(.+?)\1(?!`)",
    "formula": r"\$([^$]+)\$",
    "link": r"\]\(([^)]*)\)",
    "address": r"https?://[^\s)>\]]+",
    "tag": r"</?[a-z][^>]*>",
    "number": r"\d+(?:[,.]\d+)*",
}
FORM = {
    rf"[{HAN}][,;:?!]|[,;?!][{HAN}]": "a half-width mark beside Chinese",
    rf"[{HAN}]\.(?!\w)": "a half-width full stop after Chinese",
    rf"[{HAN}]\(|\)[{HAN}]": "a half-width bracket beside Chinese",
    rf"[{HAN}][A-Za-z0-9$`]|[A-Za-z0-9$`%][{HAN}]": "no space between Chinese and Latin text",
    r" [，。；：？！（）、]|[，。；：？！（）、] ": "a space beside a full-width mark",
    rf"[{HAN}] [“”]|[“”] [{HAN}]": "a space beside a quotation mark",
    r"\d %": "a space before %",
    r"\"": "a straight quotation mark",
    r"  +": "two spaces",
}
UNITS = {
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "万亿": 1e12,
    "万": 1e4,
    "亿": 1e8,
}
TERM = re.compile(r"([A-Za-z][ -~]*?) ([\u4e00-\u9fff]+)")  # an entry of the glossary
# These are ordinary words as well, or stay as they are: they count where a message introduces them.
ORDINARY = {
    *("activation", "channel", "cost", "epoch", "flatten", "jump", "kernel", "logits", "loss"),
    *("momentum", "ReLU", "RMSProp", "shared weights", "unit", "window"),
}
EXPRESSION = r"\$\{(?:[^{}]|\{[^{}]*\})*\}"  # in a template of JavaScript
MARKDOWN = MarkdownIt()


def in_digits(number: re.Match[str]) -> str:
    """3.7 million or 370 万 as 3700000."""
    return f"{float(number[1]) * UNITS[number[2]]:.0f}"


def pieces(message: str) -> tuple[dict[str, Counter[str]], str]:
    """What must be the same in a translation, by kind, and the text that is left."""
    message = re.sub(rf"(\d+(?:\.\d+)?) ({'|'.join(UNITS)})", in_digits, message)
    message = re.sub(r"\\text\{[^}]*\}", r"\\text{}", message)
    if "\n" in message:  # a formula of its own
        return {kind: Counter([message] if kind == "formula" else []) for kind in SAME}, ""
    found = {}
    for kind, pattern in SAME.items():
        matches = re.finditer(pattern, message)
        found[kind] = Counter(" ".join(filter(None, it.groups() or [it[0]])) for it in matches)
        if kind != "number":
            message = re.sub(pattern, "¤", message)
    return found, message


def differences(message: str, translation: str) -> Iterator[str]:
    """Each formula, reference, number and so on that only one of both has."""
    (expected, _), (got, _) = pieces(message), pieces(translation)
    for kind in SAME:
        for piece in expected[kind] - got[kind]:
            yield f"{kind} {piece!r} is missing"
        for piece in got[kind] - expected[kind]:
            yield f"{kind} {piece!r} is not in the original"


@cache
def terms() -> dict[str, str]:
    """The Chinese name of each term of the glossary."""
    with (CATALOGUES / "appendices/glossary.po").open("rb") as file:
        found = (TERM.match(str(message.id)) for message in read_po(file))
        return {term[1]: term[2] for term in found if term}


def faults_of_terms(message: str, translation: str) -> Iterator[str]:
    """Each term that has another name in the glossary, and does not stay as it is."""
    text = pieces(message)[1]
    for term, name in terms().items():
        place = rf"\*\*{term}s?\*\*" if term in ORDINARY else rf"\b{term}(?:e?s)?\b"
        stays = name in translation or term in translation
        if re.search(place, text, re.IGNORECASE) and not stays:
            yield f"{term} is {name} in the glossary"


def faults_of_form(translation: str) -> Iterator[str]:
    """Each mark or space that is not as Chinese text wants it."""
    text = re.sub(r"{cite:p}`[^`]*`", "（）", translation)
    text = re.sub(r"{cite:t}`[^`]*`", "A（）", text)
    text = re.sub(SAME["role"], "", text)
    code = re.sub(SAME["code"], "`c`", text)
    plain = re.sub(SAME["formula"], "$f$", re.sub(SAME["link"], "]", code))
    plain = re.sub(SAME["tag"], "", plain)
    for pattern, problem in FORM.items():
        for place in re.finditer(pattern, plain):
            start, end = max(0, place.start() - 8), place.end() + 8
            yield f"{problem}: {plain[start:end]!r}"


def names(script: str) -> set[str]:
    """The names in the expressions of a template."""
    return set(re.findall(r"[A-Za-z_]\w*", " ".join(re.findall(EXPRESSION, script))))


def is_broken(script: str) -> bool:
    """Whether a string has no end."""
    return any(kind is Error for kind, _ in JavascriptLexer().get_tokens(script))


def faults_of_script(message: str, translation: str) -> Iterator[str]:
    """What would break the script in which a translation takes the place of a string."""
    quotes = re.fullmatch(r"""(["'`]).*\1""", message)
    if quotes and not translation.startswith(quotes[1]) & translation.endswith(quotes[1]):
        yield "other quotation marks around it"
    if strange := names(translation) - names(message):
        yield f"names that the original does not have: {', '.join(sorted(strange))}"
    strings = len([*literals(message)])
    if strings and (len([*literals(translation)]) < strings or is_broken(translation)):
        yield "strings that do not end, or a quotation mark inside one"


def faults_of_values(message: str, translation: str) -> Iterator[str]:
    """Each value that only one of two f-strings has."""
    expected, got = (Counter(re.findall(r"\{\d+\}", text)) for text in (message, translation))
    if expected != got:
        yield f"expected the values {[*expected.elements()]}, got {[*got.elements()]}"


def problems(catalogue: str, message: str, translation: str) -> list[str]:
    """All that is wrong with a translation; nothing where there is none."""
    if translation in ("", message):
        return []
    if catalogue == "scripts":
        strings = [re.sub(EXPRESSION, "§", it)[1:-1] for it in literals(translation)]
        form = [problem for string in strings for problem in faults_of_form(string)]
        return [*faults_of_script(message, translation), *form]
    if catalogue == "checkers":
        return [*faults_of_values(message, translation), *faults_of_form(translation)]
    if "\n" in message:  # a formula of its own
        return [*differences(message, translation)]
    form = [*faults_of_form(translation)]
    if re.match(r"(\d+[.)]|[-+*#>]) ", translation):
        form.append("begins like a list or a heading: put a backslash before the mark")
    text = re.sub(SAME["formula"], "$f$", translation)
    if "*" in re.sub(r"<code>.*?</code>", "", MARKDOWN.renderInline(text)):
        form.append("an asterisk would be shown: no mark may stand just inside ** or *")
    return [*differences(message, translation), *faults_of_terms(message, translation), *form]


def wants_words(catalogue: str, message: str) -> bool:
    """Whether it holds a word: numbers, formulas and code stand as they are."""
    if catalogue in ("scripts", "checkers"):
        return True
    return "Chapter %s" in message or bool(re.search("[A-Za-z]{2}", pieces(message)[1]))


def examine(path: Path) -> tuple[list[str], list[str]]:
    """What is wrong in a catalogue, and which messages are yet to be translated."""
    name = path.relative_to(CATALOGUES).with_suffix("").as_posix()
    faults, waiting = [], []
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    for message in messages:
        text, translation = str(message.id), str(message.string)
        if translation and not message.fuzzy:
            for problem in problems(name, text, translation):
                faults.append(f"{name}: {problem}\n  {text}\n  {translation}")
        elif wants_words(name, text):
            waiting.append(f"{name}: to be translated: {text}")
    return faults, waiting


def main() -> int:
    """Print the faults and what is open; return 1 where there is either."""
    found = [examine(path) for path in sorted(CATALOGUES.rglob("*.po"))]
    faults = [fault for faults, _ in found for fault in faults]
    waiting = [message for _, waiting in found for message in waiting]
    print(*faults, *waiting, sep="\n")
    print(f"{len(faults)} faults, {len(waiting)} messages to be translated")
    return bool(faults or waiting)


if __name__ == "__main__":
    sys.exit(main())
