// Whatever scrolls sideways on its own can be reached and moved with the keyboard.
// MathJax draws after the theme has looked for such elements, and folded parts open later.
const scrollable =
  "pre, .cell_output > .output, .pst-scrollable-table-container, mjx-container[display]";

const reachable = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  document.querySelectorAll(scrollable).forEach((element) => reachable.observe(element));
});
