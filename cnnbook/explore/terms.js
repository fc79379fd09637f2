// The terms of a number: which numbers are multiplied by which weights, and what they add up to, as
// pictures and tables.

const { log10 } = Math;
const widest = 7; // columns of a table whose numbers are written

// --- What a unit is made of ---

// A term is a number, the weight by which it is multiplied, and the unit { k, place } that it
// belongs to; undefined on the padding. Terms come in groups of rows and columns: one for each map
// of maps, and a single one where the numbers form no maps.

// What a unit of layer k is made of: the numbers of the layer before in its window.
function termsInto(layers, values, { k, place: [output, p, q] }) {
  const { learned, from, kernel, windows } = layers[k];
  const [maps, rows] = from;
  const x = values[k - 1];
  const term = (map, i, j) => {
    const place = [map, windows[p].start + i, windows[q].start + j];
    if (place.some((at, axis) => axis && (at < 0 || at >= rows))) return undefined;
    const weight = weightOf(layers[k], x, [output, p, q], place);
    return { unit: { k: k - 1, place }, value: x[placeOf(from, place)], weight };
  };
  return grouped(learned ? range(maps) : [output], rows, (map) =>
    matrix(kernel, kernel, (i, j) => term(map, i, j)));
}

// By what an output multiplies a number of its input. Pooling takes the largest one as it is.
function weightOf(layer, x, [output, p, q], [map, i, j]) {
  const { learned, from, kernel, windows, w } = layer;
  const [down, across] = [windows[p], windows[q]];
  if (!learned) {
    return Number(firstLargest(layer, x, map, down, across) === placeOf(from, [map, i, j]));
  }
  const line = (output * from[0] + map) * kernel + i - down.start;
  return w[line * kernel + j - across.start];
}

function grouped(maps, rows, cellsOf) {
  if (rows > 1) return maps.map((map) => ({ map, cells: cellsOf(map) }));
  const across = acrossOf(maps.length);
  const terms = maps.flatMap((map) => cellsOf(map).flat());
  return [{ cells: range(ceil(terms.length / across))
    .map((row) => terms.slice(row * across, (row + 1) * across)) }];
}

const termSum = (cells) =>
  sum(cells.flat().map((term) => (term ? term.value * term.weight : 0)));

// --- Numbers of any size ---

// The n of a number of about 10⁻ⁿ, and that power of ten in letters.
const exponent = (value) => -floor(log10(abs(value)));
const powerText = (n) => `10⁻${String(n).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;

// Two decimals, more for a small number, and for a very small one a power of ten.
function fine(value) {
  const n = value ? exponent(value) : 0;
  return n > 4 ? `${short(value * 10 ** n)} · ${powerText(n)}` : short(value, max(2, n + 1));
}
const fineTerm = (value) => (value < 0 ? `(${fine(value)})` : fine(value));

// Small numbers are written in a unit of 10⁻ⁿ, so that two decimals tell them apart: its n.
function unitOf(values) {
  const largest = max(...values.map(abs));
  return largest > 0 && largest < 0.1 ? exponent(largest) : 0;
}

// Two decimals, also where they are zeros: numbers that are added up.
const fixed = (value) => Number(value.toFixed(2)).toFixed(2).replace("-", "−");

const inUnit = (name, n) => (n ? `${name}, in ${powerText(n)}` : name);

// --- The parts ---

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

// A button for each part: its weights as a picture, and what it gives. It stays while the numbers
// change, so that a click that changes them arrives.
function showChips(made) {
  const { groups, opened, names, sums, chips, unit } = made;
  const power = unitOf(sums);
  const chipOf = (_, n) => h("button", { type: "button", onclick: () => openPart(made, n) },
    h("small"), h("canvas", { class: "s" }), h("span"));
  chips.hidden = unit.hidden = groups.length < 2;
  if (chips.hidden) return;
  const title = `What each ${names.part} contributes: weights, and the sum of the products`;
  unit.textContent = `${inUnit(title, power)}. Choose one to see these below.`;
  if (chips.childElementCount !== groups.length) chips.replaceChildren(...groups.map(chipOf));
  const largest = max(...groups.flatMap(({ cells }) => cells.flat().map(sizeOf)));
  groups.forEach(({ map, cells }, n) => {
    const [name, picture, given] = chips.children[n].children;
    chips.children[n].ariaPressed = n === opened;
    name.textContent = `${names.part} ${map}`;
    paintWeights(picture, cells, largest);
    given.textContent = fixed(sums[n] * 10 ** power);
  });
}

const sizeOf = (term) => abs(term?.weight ?? 0);

function openPart(made, n) {
  made.opened = n;
  showChips(made);
  showTables(made);
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

// --- The opened part ---

// Three tables: the numbers, the weights, and their products. They stay as well, while their size
// does.
function showTables(made) {
  const { groups, names, opened, tables, term } = made;
  const group = groups[opened];
  tables.hidden = !group?.cells.flat().length;
  term.textContent = "";
  if (tables.hidden) return;
  const { map, cells } = group;
  const owner = map === undefined ? "" : `${names.part} ${map}: `;
  const products = cells.flat().map((it) => (it ? it.value * it.weight : 0));
  const total = fixed(sum(products) * 10 ** unitOf(products));
  const columns = [
    [names.role, owner + names.value, ({ value }) => value],
    ["s", names.weight, ({ weight }) => weight],
    ["s", `products, square by square; sum ${total}`, ({ value, weight }) => value * weight],
  ];
  if (String(made.size) !== String(shape(cells))) makeTables(made, shape(cells));
  made.boards.forEach((board, n) => fillTable(board, columns[n], groups, cells));
  meet(made, ...placeOfLargest(cells));
}

// Row and column of the largest product, which is spelled out first.
function placeOfLargest(cells) {
  const size = (i, j) => abs((cells[i][j]?.value ?? 0) * (cells[i][j]?.weight ?? 0));
  const places = cells.flatMap((row, i) => row.map((_, j) => [i, j]));
  return places.reduce((most, place) => (size(...place) > size(...most) ? place : most));
}

function makeTables(made, size) {
  made.size = size;
  made.boards = range(3).map(() =>
    pointable(size, 0, (i, j) => meet(made, i, j), (i, j, key) => press(made, i, j, key)));
  made.tables.replaceChildren(...made.boards.map(({ body }) =>
    h("table", { role: "grid" }, h("caption"), body)));
}

// As in the pictures, the largest number of all parts is in full colour.
function fillTable(board, [role, name, of], groups, cells) {
  const numbersOf = (rows) => rows.flat().map((term) => (term ? of(term) : 0));
  const largest = max(...groups.flatMap((group) => numbersOf(group.cells)).map(abs)) || 1;
  const n = unitOf(numbersOf(cells));
  const table = board.body.parentElement;
  table.className = role + (cells[0].length > widest ? " tiny" : "");
  table.caption.textContent = inUnit(name, n);
  const value = (i, j) => (cells[i][j] ? of(cells[i][j]) : 0);
  fill(board, (i, j) => value(i, j) * 10 ** n, (i, j) => ({ pad: !cells[i][j] }));
  board.cells.forEach((row, i) => row.forEach((cell, j) =>
    cell.style.setProperty("--v", abs(value(i, j)) / largest)));
}

// A term that is pointed at: outlined in all tables, and spelled out.
function meet({ groups, opened, names, boards, term }, i, j) {
  const met = groups[opened].cells[i]?.[j];
  boards.forEach(({ body, cells }) => {
    body.querySelector(".met")?.classList.remove("met");
    cells[i][j].classList.add("met");
  });
  term.textContent = met ? `${names.unitName(met.unit)}: ${fineTerm(met.value)} · `
    + fineTerm(met.weight) + equalSign(met.value, met.weight) + fine(met.value * met.weight)
    : "padding: nothing to multiply";
}

function press({ go, groups, opened }, i, j, key) {
  const term = groups[opened].cells[i]?.[j];
  if (!term || !["", "Enter", " "].includes(key)) return false;
  go(term.unit);
  return true;
}
