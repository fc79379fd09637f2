// A kernel to type in, like a spreadsheet: one stop of the Tab key, in which the arrow keys move
// from weight to weight, and through a weight's text before they leave it sideways.

// A weight as it is typed: -1, 0.5, 0,5 or 1/9, or nothing for 0; NaN or infinite if it isn't one.
function weightOf(text) {
  const numbers = text.replace("−", "-").replace(",", ".").split("/").map(Number);
  const [numerator, denominator = 1] = numbers;
  return numerator / denominator;
}

// The rows of the kernel w; `edit(i, j, value)` is called while a weight is typed.
function typable(w, decimals, edit) {
  const text = (i, j) => short(w[i][j], decimals);
  const fields = matrix(...shape(w), (i, j) => {
    const field = h("input", {
      value: text(i, j), "aria-label": `weight ${i}, ${j}`, tabindex: i || j ? -1 : 0,
      onfocus: () => enter(fields, field), onkeydown: (event) => leave(fields, i, j, event),
      oninput: () => {
        const value = weightOf(field.value);
        if (Number.isFinite(value)) edit(i, j, value);
      },
      onchange: () => {
        field.value = text(i, j);
      },
    });
    return field;
  });
  const cells = fields.map((row) => row.map((field) => h("td", {}, field)));
  return h("tbody", {}, ...cells.map((row) => h("tr", {}, ...row)));
}

// Of all fields one is in the tab order; what is typed takes the place of its text.
function enter(fields, field) {
  fields.flat().forEach((other) => other.setAttribute("tabindex", other === field ? 0 : -1));
  field.select();
}

function leave(fields, i, j, event) {
  const { key, shiftKey, target: { value, selectionStart, selectionEnd } } = event;
  const [down, right] = moves[key] ?? [];
  const next = fields[i + down]?.[j + right];
  const isWithin = right < 0 ? selectionStart > 0 : right > 0 && selectionEnd < value.length;
  if (!next || isWithin || shiftKey) return;
  event.preventDefault();
  next.focus();
}
