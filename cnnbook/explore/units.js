// What the digit explorer says of one unit, { k, place }: forward the numbers that it is made of,
// backward those that its gradient comes from. The unit after the last layer is a probability.

const directions = {
  forward: { title: "Forward: numbers", explain: explainValue },
  backward: { title: "Backward: gradients", explain: explainGradient },
};

const isChance = ({ layers }, { k }) => k === layers.length;

// The label that the loss is for: the one chosen, else the digit of the example, else the answer.
function labelOf({ state: { label, strokes, values } }) {
  const digit = examples.indexOf(strokes);
  if (label !== undefined) return label;
  return digit >= 0 ? digit : values.at(-1).indexOf(max(...values.at(-1)));
}

const probabilitiesOf = ({ state: { values } }) => chancesOf(values.at(-1)).map((p) => p / 100);

// What is to be said of the unit, and its terms if there are any: { text, groups, names }.
function explain(figure, unit) {
  if (!figure.state.values.length) return { text: "Nothing is drawn.", groups: [] };
  const names = { unitName: (other) => nameOf(figure.layers, other) };
  return { names, groups: [], ...directions[figure.state.direction].explain(figure, unit, names) };
}

// --- Forward: the value ---

function explainValue(figure, unit, names) {
  const { layers, state: { values } } = figure;
  const { k, place } = unit;
  const name = nameOf(figure.layers, unit);
  if (isChance(figure, unit)) return { text: `${name} = ${softmaxText(figure, place[0])}` };
  const value = values[k][placeOf(layers[k].to, place)];
  if (!k) return { text: `${name} = ${fine(value)}: how much of this pixel is ink.` };
  const groups = termsInto(layers, values, unit);
  const text = `${name} = ${layers[k].learned ? sumText(layers[k], place, groups, value)
    : largestText(layers[k], groups, value)}`;
  const weight = layers[k].learned ? "weights" : "1 for the largest";
  Object.assign(names, { role: "x", value: "numbers", weight, part: "map" });
  return { text: `${text}. It ${fieldText(layers, unit)}.`, groups };
}

// The sum of the parts and the bias, before and after the ReLU.
function sumText({ b, relu }, [map], groups, value) {
  const parts = groups.map(({ cells }) => termSum(cells));
  const count = groups.flatMap(({ cells }) => cells.flat()).length;
  const bias = b[map];
  const total = sum(parts) + bias;
  const added = parts.length > 1 && parts.length <= widest
    ? parts.map(fineTerm).join(" + ") : `${fineTerm(sum(parts))} from ${count} products`;
  const all = `${added} + bias ${fineTerm(bias)}`;
  return relu ? `ReLU(${all}) ≈ ReLU(${fine(total)}) = ${fine(value)}` : `${all} ≈ ${fine(total)}`;
}

function largestText({ relu }, [{ cells }], value) {
  const read = cells.flat().filter(Boolean).map((term) => fine(term.value)).join(", ");
  return relu ? `ReLU(max(${read})) = ${fine(value)}` : `max(${read}) = ${fine(value)}`;
}

function softmaxText(figure, i) {
  const z = [...figure.state.values.at(-1)];
  const total = sum(z.map(exp));
  return `softmax: exp(${fine(z[i])}) / (${z.map((v) => `exp(${fine(v)})`).join(" + ")}) ≈ `
    + `${fine(exp(z[i]))} / ${fine(total)} ≈ ${fine(exp(z[i]) / total)}`;
}

// --- Backward: the gradient ---

function explainGradient(figure, unit, names) {
  const { layers, state: { values, back } } = figure;
  const { k, place } = unit;
  const label = labelOf(figure);
  const start = `Gradient of the loss (label ${label}) at ${nameOf(figure.layers, unit)} =`;
  if (isChance(figure, unit)) return { text: `${start} ${chanceText(figure, place[0], label)}` };
  const gradient = back.gradients[k][placeOf(layers[k].to, place)];
  if (k === layers.length - 1) {
    const p = fine(probabilitiesOf(figure)[place[0]]);
    const t = Number(place[0] === label);
    return { text: `${start} p − t = ${p} − ${t} ≈ ${fine(gradient)}: softmax and loss in one.` };
  }
  const groups = termsFrom(layers, values, back.sums, unit);
  Object.assign(names, { role: "s", value: "gradients", weight: "weights", part: "map" });
  const source = sourceText(figure, layers[k + 1], groups);
  const pass = passText(layers[k], values[k][placeOf(layers[k].to, place)]);
  return { text: `${start} ${fine(gradient)}: ${source}${pass}`, groups };
}

function sourceText(figure, next, groups) {
  if (!groups.length) return `no number of ${next.name} reads it.`;
  return next.learned ? sentText(next, groups) : chosenText(figure, groups);
}

function chanceText(figure, i, label) {
  const p = probabilitiesOf(figure)[i];
  return i === label ? `−1 / p = −1 / ${fine(p)} ≈ ${fine(-1 / p)}: the loss is −log p[${i}].`
    : `0: the loss is −log p[${label}].`;
}

const sentText = ({ name, relu }, groups) => {
  const count = groups.flatMap(({ cells }) => cells.flat()).length;
  return `the sum over the ${count} numbers of ${name} that read it, weight times gradient`
    + `${relu ? " before the ReLU" : ""}.`;
};

function chosenText(figure, groups) {
  const readers = groups.flatMap(({ cells }) => cells.flat());
  const chosen = readers.filter(({ weight }) => weight)
    .map(({ unit }) => nameOf(figure.layers, unit));
  if (!chosen.length) return "it is not the largest in its window.";
  return `it is the largest in the window of ${chosen.join(" and of ")}, whose gradient it gets.`;
}

// What becomes of the gradient on the way to the unit's own sum.
function passText({ relu }, value) {
  if (!relu) return "";
  return value > 0 ? " Its own ReLU lets it pass." : " Its own ReLU stops it.";
}

// --- The panel ---

function makePanel(figure) {
  const buttons = Object.entries(directions).map(([direction, { title }]) =>
    button(title, () => turn(figure, direction), { "data-direction": direction }));
  const [outputs] = figure.layers.at(-1).to;
  const label = choice(range(outputs), () => {
    figure.state.label = label.selectedIndex;
    draw(figure);
  });
  const terms = makeTerms((unit) => attend(figure, unit, "keys"));
  const link = linkTo("digit", "number", (code) => open(figure, code));
  const labelled = h("label", {}, "loss for label ", label);
  const bar = h("div", { class: "cnn-bar" },
    h("span", { role: "group", "aria-label": "direction" }, ...buttons), labelled, link.node);
  const node = h("div", { class: "panel" }, figure.view.note, terms.node);
  return { bar, node, hint: h("p", { class: "hint" }), labelled, buttons, label, terms, link };
}

// Before the planes are painted: the gradients, and which way one looks.
function preparePanel(figure) {
  const { layers, state, view: { planes, panel } } = figure;
  const { values, direction } = state;
  const isBackward = direction === "backward";
  state.back = isBackward && values.length
    ? backward(layers, values, probabilitiesOf(figure), labelOf(figure)) : { gradients: [] };
  if (values.length) panel.label.selectedIndex = labelOf(figure);
  panel.labelled.hidden = !isBackward;
  panel.buttons.forEach((it) =>
    it.setAttribute("aria-pressed", it.dataset.direction === direction));
  planes.forEach(({ node, role }) => node.className = isBackward ? "s" : role);
}

function showPanel(figure) {
  const { layers, state, view: { planes, panel, note, bars } } = figure;
  const { unit } = state;
  const { text, groups, names } = explain(figure, unit);
  const [first] = groups.flatMap(({ cells }) => cells.flat()).filter(Boolean);
  note.textContent = text;
  panel.node.classList.toggle("kept", state.isKept);
  const colours = state.direction === "backward"
    ? "Red: a larger number raises the loss; blue: lowers it. ± is the full colour."
    : "Full colour: the largest number of the layer.";
  const isPinned = state.isKept && state.values.length;
  const hint = isPinned ? "Pinned. Click or tap it again to release it."
    : "Point at or tap any square to see below how its number is computed. A click pins it.";
  panel.hint.textContent = `${hint} ${colours}`;
  showTerms(panel.terms, groups, names);
  planes.forEach((plane, k) =>
    putFrames(plane, "met", k === first?.unit.k ? boxesOf(plane, groups) : []));
  bars.forEach((bar, i) =>
    bar.classList.toggle("on", unit.k === layers.length && i === unit.place[0]));
  panel.link.set(addressOf(figure));
}

// Around the units that the terms belong to: in each map, or around the whole plane.
const boxesOf = (plane, groups) => groups.map(({ map, cells }) => {
  if (map === undefined) return [0, plane.height, 0, plane.width];
  const places = cells.flat().filter(Boolean).map((term) => term.unit.place);
  const [rows, columns] = [1, 2].map((axis) => {
    const [first, last] = [places[0][axis], places.at(-1)[axis]];
    return [first, last - first + 1];
  });
  return boxOf(plane, map, rows, columns);
});

// A unit is looked at when it is pointed at; one that was clicked or reached with the keys is kept,
// until it is clicked again.
function attend(figure, unit, how) {
  const { state } = figure;
  if (!unit || (how === "point" && state.isKept)) return;
  const isAgain = state.isKept && String(Object.values(unit)) === String(Object.values(state.unit));
  state.isKept = how === "keys" || (how === "click" && !isAgain);
  if (how === "click" && innerWidth < 480) return lookClosely(figure, unit);
  look(figure, unit);
  if (how !== "point") figure.view.panel.node.scrollIntoView({ block: "nearest" });
}

// On a phone the panel comes behind the layer that was tapped, and this stays where it is.
function lookClosely(figure, unit) {
  const { node, stages: { [unit.k]: layer } } = figure.view.panel;
  const { top } = layer.getBoundingClientRect();
  look(figure, unit);
  layer.after(node);
  scrollBy(0, layer.getBoundingClientRect().top - top);
}

function turn(figure, direction) {
  figure.state.direction = direction;
  draw(figure);
}

// --- The address: example, direction, label, layer, map, row, column ---

// None for a drawing of the reader's own.
function addressOf({ state }) {
  const { strokes, direction, label, unit: { k, place } } = state;
  const digit = examples.indexOf(strokes);
  return digit < 0 ? undefined : [digit, direction, label ?? "own", k, ...place].join("-");
}

function open(figure, code) {
  const [, digit, direction, label, ...numbers] =
    /^(\d)-(forward|backward)-(own|\d+)-(\d+)-(\d+)-(\d+)-(\d+)$/.exec(code) ?? [];
  const [k, ...place] = numbers.map(Number);
  if (!digit || !isUnit(figure, k, place)) return false;
  Object.assign(figure.state, {
    strokes: examples[digit], direction, label: label === "own" ? undefined : Number(label),
    unit: { k, place }, isKept: true,
  });
  draw(figure);
  return true;
}

function isUnit({ layers }, k, [map, i, j]) {
  const [maps, rows] = layers[k]?.to ?? (k === layers.length ? layers.at(-1).to : [0, 0]);
  return map < maps && max(i, j) < rows;
}
