#!/usr/bin/env bash
# Chromium: an element that was never in view counts as moved, if the page scrolls to it.
#
# The guess: a layout shift is something in the window that is elsewhere in the next frame. So a
# script that makes a part above grow and then scrolls to an element far below it moves nothing:
# before, the element lay 5,000 pixels out of view, and after, it is where the scroll was to bring
# it. The order of the two, and a frame between them, make no difference.
#
# The behaviour: a scroll by a script is taken out before positions are compared, so that the
# element counts as if it had been in view all the time. Growing by 100 pixels and scrolling in
# one frame is a shift of 0.065 (700 of 900 rows, by 100 of 1,200 pixels, the longer side).
# Growing alone, scrolling alone, and both with a frame between them are none. Scrolling first and
# growing in the same frame is none either: the browser keeps the element in its place by itself.
#
# Versions: playwright 1.65.2, Debian's Chromium, Python 3.11. Seen:
#   grow                     0
#   scroll                   0
#   grow, then scroll        0.0648
#   grow, a frame, scroll    0
#   scroll, then grow        0
#   scroll, a frame, grow    0
#
# Who meets it: whoever sums up layout shifts while following a link to a section, and whoever
# builds content when a page is loaded and then scrolls to an anchor (routers, chats, manuals):
# scroll first, or in a frame of its own, or keep the place of what comes later.
#
# Needs Chromium on this machine; pip brings none.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet playwright==1.65.2
cat > "$folder/shift.py" <<'END'
import shutil

from playwright.sync_api import sync_playwright

PAGE = """<!doctype html>
<style>
  body { margin: 0 }
  #above { height: 5000px }
  #goal { height: 700px; background: silver }
  #below { height: 3000px }
</style>
<div id="above"></div><div id="goal"></div><div id="below"></div>
<script>
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) total += entry.value;
  }).observe({ type: "layout-shift" });
  const frame = () => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(done)));
  const steps = {
    grow: () => { above.style.height = "5100px" },
    scroll: () => goal.scrollIntoView(),
    frame,
  };
  async function run(names) {
    await frame();
    for (const name of names) await steps[name]();
    await frame();
    await frame();
    return [total, goal.getBoundingClientRect().y];
  }
</script>"""
CASES = {
    "grow": ["grow"],
    "scroll": ["scroll"],
    "grow, then scroll": ["grow", "scroll"],
    "grow, a frame, scroll": ["grow", "frame", "scroll"],
    "scroll, then grow": ["scroll", "grow"],
    "scroll, a frame, grow": ["scroll", "frame", "grow"],
}
names = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
path = next(filter(None, map(shutil.which, names)))
seen = {}
with sync_playwright() as tools:
    browser = tools.chromium.launch(executable_path=path, args=["--no-sandbox"])
    for name, steps in CASES.items():
        window = browser.new_page(viewport={"width": 1200, "height": 900})
        window.set_content(PAGE)
        window.wait_for_timeout(1000)
        seen[name], y = window.evaluate("run", steps)
        print(f"{name:24} {seen[name]:.4f}")
        assert y == (5100 if name == "grow" else 0)
        window.close()
    browser.close()
shifted = seen.pop("grow, then scroll")
assert abs(shifted - 700 / 900 * 100 / 1200) < 1e-3, shifted
assert not any(seen.values()), seen
END
"$folder/env/bin/python" "$folder/shift.py"
