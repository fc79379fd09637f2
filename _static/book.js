// The theme finds out after all else whether it is light or dark, and the page would move: some
// of its rules, such as for lines of code, hold in one of the two only.
const { dataset } = document.documentElement;
if (dataset.theme === "auto")
  dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";

// Whatever scrolls sideways on its own can be reached and moved with the keyboard.
// The theme looks for such elements once, and folded parts open later.
const scrollable =
  "pre, .cell_output > .output, .pst-scrollable-table-container, .formula, .cnn-sum";

const reachable = new ResizeObserver((entries) => {
  // First all that is read, then all that is written: else each write makes the page lay out anew.
  const elements = entries.map((entry) => entry.target);
  const wide = elements.map((element) => element.scrollWidth > element.clientWidth);
  elements.forEach((element, i) => {
    if (wide[i]) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  });
});

window.addEventListener("load", () => {
  document.querySelectorAll(scrollable).forEach((element) => reachable.observe(element));
});
