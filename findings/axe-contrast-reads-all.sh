#!/usr/bin/env bash
# axe-core: the contrast of one element costs a walk through the whole page.
#
# The guess: axe.run("#one", { runOnly: ["color-contrast"] }) looks at one paragraph, its
# ancestors and what lies beneath it, so that many small runs on a long page cost as much as one
# run of the whole; and so does a selector of the rule, set by axe.configure(), that one element
# fits.
#
# The behaviour: to find what lies beneath a text the rule first sorts all elements of the page
# into a grid, whatever the context. With one element to judge among 1,000 others it asks for
# 3,038 computed styles, among 100 for 337; anew in each run. Only where nothing is to be
# judged is no grid made.
#
# Versions: axe-core 4.12.1 (axe-playwright-python 0.1.8), playwright 1.65.2, Debian's Chromium,
# Python 3.11. Seen (elements judged, computed styles asked for):
#   the page, 1,000 spans        1001   23044
#   context of one,  100 spans      1     337
#   context of one, 1,000 spans     1    3038
#   selector of one, 1,000 spans    1    3038
#   selector of none, 1,000 spans   0       0
#
# Who meets it: whoever checks a long page piece by piece (components, cells, stories), or
# narrows the rule to save time: it pays to take the rest off the page, or to judge all at once.
#
# Needs Chromium on this machine; pip brings none.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet axe-playwright-python==0.1.8 playwright==1.65.2
cat > "$folder/count.py" <<'END'
import shutil
from importlib.resources import files

from playwright.sync_api import sync_playwright

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
COUNT = """async ([context, selector]) => {
    let asked = 0;
    const own = window.getComputedStyle;
    window.getComputedStyle = (...given) => {
        asked += 1;
        return own.apply(window, given);
    };
    axe.configure({ rules: [{ id: "color-contrast", selector }] });
    const found = await axe.run(context, { preload: false, runOnly: ["color-contrast"] });
    const judged = [...found.passes, ...found.violations, ...found.incomplete];
    return [judged.reduce((sum, { nodes }) => sum + nodes.length, 0), asked];
}"""
CASES = {
    "the page, 1,000 spans": (1000, "html", "*"),
    "context of one,  100 spans": (100, "#one", "*"),
    "context of one, 1,000 spans": (1000, "#one", "*"),
    "selector of one, 1,000 spans": (1000, "html", "#one"),
    "selector of none, 1,000 spans": (1000, "html", "#none"),
}
names = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
path = next(filter(None, map(shutil.which, names)))
seen = {}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    for name, (spans, context, selector) in CASES.items():
        page = browser.new_page()
        words = "<span>word</span> " * spans
        page.set_content(
            f"<!doctype html><title>t</title><main><p id=one>one</p><p>{words}</p></main>"
        )
        page.evaluate(AXE)
        judged, asked = page.evaluate(COUNT, [context, selector])
        seen[name] = judged, asked
        print(f"{name:30}{judged:5}{asked:8}")
    browser.close()
_, short, long, selected, none = seen.values()
assert short[0] == long[0] == selected[0] == 1
assert selected == long
assert long[1] > 3000
assert 9 < long[1] / short[1] < 10
assert none == (0, 0)
END
"$folder/env/bin/python" "$folder/count.py"
