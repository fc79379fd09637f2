"""What is wrong with a built page: read from its files, or seen in a browser.

Each function returns a list of problems in words, empty for a good page.
"""

import gc
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup, Tag
from figure_driver import AXE_SCRIPT
from playwright.sync_api import Page

LOADING = [
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("use", "href"),
    ("image", "href"),
]
NOT_LOADED = {"canonical", "license", "author"}
ADDRESS = re.compile(r"(?:https?|wss?)://([\w.-]+)")
CSS_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")

# Hosts that scripts of others name, in comments, as namespaces or for what the book never
# does. That nothing is loaded from them is seen in the browser.
NAMED = {"www.w3.org"}
NAMED_IN = {
    "clipboard.min.js": {"clipboardjs.com"},
    "pydata-sphinx-theme.js": {"pydata-sphinx-theme.readthedocs.io"},
    "translations.js": {"www.sphinx-doc.org"},
}


def read(page: Path) -> BeautifulSoup:
    """The page as a tree. To look for cycles in it as it grows would take as long again."""
    gc.disable()
    tree = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    gc.enable()
    return tree


@cache
def parse(page: Path) -> BeautifulSoup:
    """The page as a tree that stays, and is not looked through for cycles later."""
    tree = read(page)
    gc.freeze()
    return tree


def loaded(page: Path) -> Iterator[tuple[Tag, str]]:
    """Every element that makes a browser load something, and the address."""
    for name, attribute in LOADING:
        for element in parse(page).find_all(name):
            address = element.get(attribute)
            if address and not NOT_LOADED & set(element.get("rel") or []):
                yield element, str(address)


def is_external(address: str) -> bool:
    """Whether the address names another host."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def loaded_files(page: Path, suffix: str) -> set[Path]:
    """The local files with this suffix that the page loads."""
    addresses = {urlsplit(address).path for _, address in loaded(page) if not is_external(address)}
    return {(page.parent / unquote(path)).resolve() for path in addresses if path.endswith(suffix)}


def external_in_html(page: Path) -> list[str]:
    """Resources of another host: in elements, in styles, in scripts written into the page."""
    tree = parse(page)
    found = [f"<{tag.name}> loads {url}" for tag, url in loaded(page) if is_external(url)]
    styles = [style.get_text() for style in tree.find_all("style")]
    styles += [str(tag["style"]) for tag in tree.find_all(style=True)]
    found += [f"a style loads {url}" for text in styles for url in CSS_ADDRESS.findall(text)]
    for script in tree.find_all("script", src=False):
        hosts = set(ADDRESS.findall(script.get_text())) - NAMED
        found += [f"a script names {host}" for host in sorted(hosts)]
    return found


def external_in_css(style: Path) -> list[str]:
    """Resources of another host in a style sheet."""
    text = style.read_text(encoding="utf-8")
    return [f"{style.name} loads {url}" for url in CSS_ADDRESS.findall(text)]


def external_in_script(script: Path) -> list[str]:
    """Hosts named in a script that are not known to be harmless."""
    known = NAMED | NAMED_IN.get(script.name, set())
    hosts = set(ADDRESS.findall(script.read_text(encoding="utf-8"))) - known
    return [f"{script.name} names {host}" for host in sorted(hosts)]


@cache
def anchors(page: Path) -> frozenset[str]:
    """All that a link to this page can point to."""
    tree = parse(page)
    ids = {str(element["id"]) for element in tree.find_all(id=True)}
    return frozenset(
        ids | {str(element["name"]) for element in tree.find_all("a", attrs={"name": True})}
    )


def broken_links(page: Path) -> list[str]:
    """Local links, pictures, scripts and styles without a file, and anchors that don't exist."""
    links = [str(link["href"]) for link in parse(page).find_all("a", href=True)]
    found = []
    for address in sorted({*links, *(url for _, url in loaded(page))}):
        path, anchor = urldefrag(address)
        if is_external(address) or address.startswith("data:"):
            continue
        file = (page.parent / unquote(urlsplit(path).path)).resolve() if path else page
        if not file.is_file():
            found.append(f"{address}: no such file")
        elif anchor and file.suffix == ".html" and unquote(anchor) not in anchors(file):
            found.append(f"{address}: no such anchor")
    return found


def duplicate_ids(page: Path) -> list[str]:
    """Ids that more than one element has."""
    counts = Counter(str(element["id"]) for element in parse(page).find_all(id=True))
    return [f"id {name} {count} times" for name, count in counts.items() if count > 1]


def images_without_alt(page: Path) -> list[str]:
    """Pictures without alt text; outside the article an empty one marks a decoration."""
    return [
        f"{str(image.get('src', ''))[:80]} has no alt text"
        for image in parse(page).find_all("img")
        if not str(image.get("alt", "")).strip()
        and (image.find_parent("article") or image.get("alt") is None)
    ]


# --- In the browser ---------------------------------------------------------------------------

UNFOLD = """
for (const fold of document.querySelectorAll("article details")) fold.open = true;
for (const fold of document.querySelectorAll("article .toggle-button-hidden")) fold.click();
"""

SETTLE = """async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

RAW_TEX = r"""() => {
  const tex = /\\[()[\]]|\$\$|\\[a-zA-Z]{2,}|\$[^$\s]*[\\_^{][^$]*\$/;
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement: parent } = texts.currentNode;
    if (parent.closest("script, style, pre, code, textarea")) continue;
    if (!tex.test(data) || !parent.checkVisibility({ visibilityProperty: true })) continue;
    found.push(`raw TeX: ${data.trim().slice(0, 80)}`);
  }
  for (const error of document.querySelectorAll("merror"))
    found.push(`not understood: ${error.textContent}`);
  for (const math of document.querySelectorAll(".math:not(:has(math))"))
    found.push(`not set: ${math.textContent.slice(0, 80)}`);
  return found;
}"""

OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  const found = wide > width ? [`the page is ${wide} pixels wide`] : [];
  const scrolls = (element) =>
    element && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) ||
                scrolls(element.parentElement.closest("article *")));
  for (const element of document.querySelectorAll("article *")) {
    const { right, width: own } = element.getBoundingClientRect();
    if (own < 2 || right <= width + 1 || scrolls(element.parentElement)) continue;
    const text = element.textContent.trim().slice(0, 60);
    found.push(`<${element.localName} class="${element.className}"> ends at ${right}: ${text}`);
  }
  return found.slice(0, 5);
}"""


UNREACHABLE = """() => {
  const found = [];
  for (const element of document.querySelectorAll("article *")) {
    if (element.scrollWidth <= element.clientWidth + 1 || element.tabIndex >= 0) continue;
    if (!["auto", "scroll"].includes(getComputedStyle(element).overflowX)) continue;
    if (element.querySelector("a[href], button, input, select, [tabindex='0']")) continue;
    found.push(`<${element.localName} class="${element.className}"> scrolls without a key`);
  }
  return found;
}"""

# Contrast is measured once for each look of a text: axe takes a second for a whole chapter.
NEW_LOOKS = """(known) => {
  const looks = new Set(known);
  const clear = "rgba(0, 0, 0, 0),none,1";
  const grounds = new Map([[null, ""]]);
  const ground = (element) => {
    if (!grounds.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity].join();
      grounds.set(element, (own === clear ? "" : own) + ground(element.parentElement));
    }
    return grounds.get(element);
  };
  for (const element of document.querySelectorAll("[data-new]")) delete element.dataset.new;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement: element } = texts.currentNode;
    if (!data.trim()) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, ground(element)].join();
    if (!looks.has(look)) element.dataset.new = "";
    looks.add(look);
  }
  return [...looks].slice(known.length);
}"""

AXE = """async (options) => {
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-new]" }] });
  options = { preload: false, resultTypes: ["violations"], ...options };
  return (await axe.run(document, options)).violations;
}"""


def watch(page: Page, base: str) -> list[str]:
    """A list that fills with requests outside `base`, with failures and with errors."""
    found: list[str] = []
    inside = (base, "data:", "blob:", "about:")

    def note(problem: str, is_one: bool = True) -> None:
        if is_one:
            found.append(problem)

    page.on("request", lambda it: note(f"requests {it.url}", not it.url.startswith(inside)))
    page.on("requestfailed", lambda it: note(f"could not load {it.url}"))
    page.on("response", lambda it: note(f"{it.status} for {it.url}", it.status >= 400))
    page.on("console", lambda it: note(f"console: {it.text}", it.type == "error"))
    page.on("pageerror", lambda it: note(f"error: {it}"))
    return found


def unfold(page: Page) -> None:
    """Wait until the fonts are there, and open everything that is folded."""
    page.evaluate(SETTLE)
    page.evaluate(UNFOLD)
    page.evaluate(SETTLE)


def raw_tex(page: Page) -> list[str]:
    """TeX that a reader would see as such, and formulas that were not set."""
    found: list[str] = page.evaluate(RAW_TEX)
    return found


def overflow(page: Page) -> list[str]:
    """What is wider than the window and does not scroll on its own."""
    found: list[str] = page.evaluate(OVERFLOW)
    return found


def unreachable(page: Page) -> list[str]:
    """What scrolls sideways, but not with the keyboard."""
    found: list[str] = page.evaluate(UNREACHABLE)
    return found


def mark_new_looks(page: Page, known: list[str]) -> bool:
    """Mark a text of each look that is not yet known, and add it to the known ones."""
    looks = page.evaluate(NEW_LOOKS, known)
    known += looks
    return bool(looks)


def axe(page: Page, **options: object) -> list[str]:
    """Violations that axe-core finds, each with the first element concerned."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{it['id']} ({it['impact']}) {len(it['nodes'])} times: {it['nodes'][0]['html'][:120]}"
        for it in page.evaluate(AXE, options)
    ]


def inaccessible(page: Page, known: list[str]) -> list[str]:
    """Violations of any of axe-core's rules."""
    mark_new_looks(page, known)
    return axe(page)


def pale(page: Page, known: list[str]) -> list[str]:
    """Text with too little contrast."""
    return axe(page, runOnly=["color-contrast"]) if mark_new_looks(page, known) else []
