// Whatever scrolls sideways on its own can be reached and moved with the keyboard.
// The theme looks for such elements once, and folded parts open later.
const scrollable = "pre, .cell_output > .output, .pst-scrollable-table-container, .formula";

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
