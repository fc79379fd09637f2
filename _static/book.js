// Formulas are drawn some at a time, so that a page with hundreds of them answers meanwhile.
const SOME = 40;

if (window.MathJax) {
  MathJax.startup = {
    async pageReady() {
      const formulas = [...document.querySelectorAll(".math")];
      while (formulas.length) {
        await MathJax.typesetPromise(formulas.splice(0, SOME));
        await new Promise((resume) => setTimeout(resume));
      }
    },
  };
}

// Whatever scrolls sideways on its own can be reached and moved with the keyboard.
// MathJax draws after the theme has looked for such elements, and folded parts open later.
const scrollable =
  "pre, .cell_output > .output, .pst-scrollable-table-container, mjx-container[display]";

const reachable = new ResizeObserver((entries) => {
  // First all that is read, then all that is written: else each write makes the page lay out anew.
  const elements = entries.map((entry) => entry.target);
  const wide = elements.map((element) => element.scrollWidth > element.clientWidth);
  elements.forEach((element, i) => {
    if (wide[i]) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  });
});

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  document.querySelectorAll(scrollable).forEach((element) => reachable.observe(element));
});
