// The terms of a number: which numbers were multiplied by which weights, part by part. A part is
// a group of terms as in network.js; its products add up to its share of the number.

const { log10 } = Math;
const widest = 7; // columns of a table whose numbers are written

// --- Numbers of any size --------------------------------------------------------------------

// Two decimals, and more for a small number.
const fine = (value) =>
  short(value, value ? clamp(1 - floor(log10(abs(value))), 2, 6) : 2);
const fineTerm = (value) => (value < 0 ? `(${fine(value)})` : fine(value));

// Small numbers are written in a unit of 10⁻ⁿ, so that two decimals tell them apart: its n.
function unitOf(values) {
  const largest = max(...values.map(abs));
  return largest > 0 && largest < 0.1 ? min(9, -floor(log10(largest))) : 0;
}

const inUnit = (name, n) => (n ? `${name}, in 10⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[n]}` : name);

// --- The parts ------------------------------------------------------------------------------

// `go(unit)` is called for a term that is clicked.
function makeTerms(go) {
  const made = {
    go, groups: [], opened: 0,
    chips: h("div", { class: "chips" }),
    unit: h("small"),
    tables: h("div", { class: "cnn-row" }),
    term: h("p", { class: "term" }),
  };
  made.node = h("div", { class: "terms" }, made.unit, made.chips, made.tables, made.term);
  return made;
}

// Show groups of terms; `names` says how their numbers, and the roles x or s of them, are called:
// { role, value, weight, part }. Of other parts than before the one that gives most is opened.
function showTerms(made, groups, names) {
  const sums = groups.map(({ cells }) => termSum(cells));
  if (groups.length !== made.groups.length) {
    made.opened = max(0, sums.findIndex((v) => abs(v) === max(...sums.map(abs))));
  }
  Object.assign(made, { groups, names, sums });
  showChips(made);
  showTables(made);
}

// A button for each part: its weights as a picture, and what it gives.
function showChips(made) {
  const { groups, names, sums, chips, unit } = made;
  const power = unitOf(sums);
  const given = (n) => short(sums[n] * 10 ** power);
  const pictures = groups.map(() => h("canvas", { class: "s" }));
  const chipOf = ({ map }, n) => h("button", {
    type: "button", "aria-pressed": n === made.opened, onclick: () => openPart(made, n),
  }, h("small", {}, `${names.part} ${map}`), pictures[n], h("span", {}, given(n)));
  chips.hidden = groups.length < 2;
  unit.textContent = chips.hidden ? "" : inUnit(`What each ${names.part} gives`, power);
  if (chips.hidden) return;
  if (chips.childElementCount !== groups.length) chips.replaceChildren(...groups.map(chipOf));
  else [...chips.children].forEach((chip, n) => chip.replaceWith(chipOf(groups[n], n)));
  const largest = max(...groups.flatMap(({ cells }) => cells.flat().map(sizeOf)));
  pictures.forEach((picture, n) => paintWeights(picture, groups[n].cells, largest));
}

const sizeOf = (term) => abs(term?.weight ?? 0);

function openPart(made, n) {
  made.opened = n;
  showChips(made);
  showTables(made);
  made.chips.children[n].focus();
}

// The weights of a part, the largest of all parts in full colour.
function paintWeights(canvas, cells, largest) {
  const [height, width] = shape(cells);
  Object.assign(canvas, { width, height });
  const brush = canvas.getContext("2d");
  const { color, caretColor } = getComputedStyle(canvas);
  cells.forEach((row, i) => row.forEach((term, j) => {
    brush.globalAlpha = sizeOf(term) / (largest || 1);
    brush.fillStyle = term?.weight < 0 ? caretColor : color;
    brush.fillRect(j, i, 1, 1);
  }));
}

// --- The opened part ------------------------------------------------------------------------

// Three tables: the numbers, the weights, and their products.
function showTables(made) {
  const { groups, names, opened, tables, term } = made;
  const group = groups[opened];
  tables.hidden = !group?.cells.flat().length;
  term.textContent = "";
  if (tables.hidden) return;
  const { cells } = group;
  const columns = [
    [names.role, names.value, ({ value }) => value],
    ["s", names.weight, ({ weight }) => weight],
    ["s", "products", ({ value, weight }) => value * weight],
  ];
  const boards = columns.map(() =>
    pointable(shape(cells), 0, (i, j) => meet(made, i, j), (i, j, key) => press(made, i, j, key)));
  made.boards = boards;
  const shown = boards.map(({ body }, n) => tableOf(columns[n], cells, body));
  tables.replaceChildren(shown[0], "·", shown[1], "=", shown[2]);
  boards.forEach((board, n) => fillTable(board, columns[n], cells));
  meet(made, ...placeOfLargest(cells));
}

// Row and column of the largest product, which is spelled out first.
function placeOfLargest(cells) {
  const size = (i, j) => abs((cells[i][j]?.value ?? 0) * (cells[i][j]?.weight ?? 0));
  const places = cells.flatMap((row, i) => row.map((_, j) => [i, j]));
  return places.reduce((most, place) => (size(...place) > size(...most) ? place : most));
}

function tableOf([role, name, of], cells, body) {
  const n = unitOf(cells.flat().filter(Boolean).map(of));
  const tiny = cells[0].length > widest ? " tiny" : "";
  return h("table", { class: role + tiny, role: "grid" }, h("caption", {}, inUnit(name, n)), body);
}

function fillTable(board, [,, of], cells) {
  const n = unitOf(cells.flat().filter(Boolean).map(of));
  const value = (i, j) => (cells[i][j] ? of(cells[i][j]) * 10 ** n : 0);
  fill(board, value, (i, j) => ({ pad: !cells[i][j] }));
}

// A term that is pointed at: outlined in all tables, and spelled out.
function meet({ groups, opened, names, boards, term }, i, j) {
  const met = groups[opened].cells[i]?.[j];
  boards.forEach(({ body, cells }) => {
    body.querySelector(".met")?.classList.remove("met");
    cells[i][j].classList.add("met");
  });
  term.textContent = met ? `${names.unitName(met.unit)}: ${fineTerm(met.value)} · `
    + fineTerm(met.weight) + equals(met.value, met.weight) + fine(met.value * met.weight)
    : "padding: nothing to multiply";
}

function press({ go, groups, opened }, i, j, key) {
  const term = groups[opened].cells[i]?.[j];
  if (!term || !["", "Enter", " "].includes(key)) return false;
  go(term.unit);
  return true;
}
