// The pooling explorer, forward and backward. The mathematics is that of cnnlib.functional: the
// padding of a maximum is −∞, and the gradient goes to the first maximum, row by row; an average
// pads with 0, and counts these cells or does not.
//
// The figure is one object: what it was `given`, its `state`, which is what the reader has made of
// that, the `windows` that follow from the state, what is `chosen`, { window } by its number or
// { cell } by its place, and on the page the `view` and the `grids` in it.
// A cell [i, j] is a place on the padded input.

// What stands on the padding, and which cells of a window share its gradient.
const kinds = {
  maximum: { padding: "−∞", receivers: ({ first }) => [first] },
  average: { padding: "0", receivers: ({ cells }) => cells },
  "average of real cells": { padding: "", receivers: ({ real }) => real },
};
const limits = { window: [1, 3], stride: [1, 3], padding: [0, 1] };
const takesMaximum = ({ kind }) => kind === "maximum";

// --- The mathematics ---

const places = (height, width) => matrix(height, width, (i, j) => [i, j]).flat();
const has = (cells, [i, j]) => cells.some(([p, q]) => p === i && q === j);

// A pixel of the padded input, undefined on the padding.
const pixel = ({ x, padding }, [i, j]) => x[i - padding]?.[j - padding];
const isReal = (state, cell) => pixel(state, cell) !== undefined;

const padded = ({ x, padding }) => shape(x).map((extent) => extent + 2 * padding);
const outputSize = (state) =>
  padded(state).map((extent) => Math.floor((extent - state.window) / state.stride) + 1);

// A window: its cells, the values of the real ones, the first that is the largest and what `ties`
// with it, its number y, its gradient dy and the cells that receive that, each its share.
function look(state, [p, q]) {
  const cells = places(state.window, state.window)
    .map(([i, j]) => [p * state.stride + i, q * state.stride + j]);
  const real = cells.filter((cell) => isReal(state, cell));
  const values = real.map((cell) => pixel(state, cell));
  const largest = Math.max(...values);
  const [first, ...ties] = real.filter((cell) => pixel(state, cell) === largest);
  const receivers = kinds[state.kind].receivers({ first, cells, real });
  const y = takesMaximum(state) ? largest : sum(values) / receivers.length;
  const dy = state.dy[p][q];
  const share = dy / receivers.length;
  return { at: `[${p}, ${q}]`, cells, values, ties, y, dy, receivers, share };
}

// The windows that read a cell, those that send it a gradient, and what these send.
const readers = ({ windows }, cell) => windows.filter(({ cells }) => has(cells, cell));
const givers = ({ windows }, cell) => windows.filter(({ receivers }) => has(receivers, cell));
const gradient = (figure, cell) => sum(givers(figure, cell).map(({ share }) => share));

// --- The elements ---

function pooling(data) {
  const figure = { given: data, state: structuredClone(data) };
  figure.view = elements(figure);
  change(figure, {});
  return arrange(figure);
}

function elements(figure) {
  const table = (role) => h("table", { class: role, role: "grid" });
  const kind = choice(Object.keys(kinds), () => change(figure, { kind: kind.value }));
  return {
    kind,
    steps: steppers(limits, figure.state, (news) => change(figure, news)),
    x: table("x"), y: table("y"), dx: table("g"), dy: table("g"),
    status: h("p", { role: "status" }),
    balance: h("p"),
    link: linkTo("pooling", "view", (code) => open(figure, code)),
  };
}

function arrange(figure) {
  const { given, view } = figure;
  return [
    h("p", {}, "Point at or tap a number, or walk with the arrow keys. Click, tap or type to"
      + " change x and dy."),
    h("div", { class: "cnn-bar" }, h("label", {}, "pooling ", view.kind), ...view.steps.nodes,
      button("dy all ones", () => change(figure, { dy: [] })),
      button("Reset", () => change(figure, structuredClone(given))), view.link.node),
    h("div", { class: "cnn-row" }, view.x, h("div", { class: "cnn-bar" }, "→", view.y)),
    h("div", { class: "cnn-row" }, view.dx, h("div", { class: "cnn-bar" }, "←", view.dy)),
    view.status, view.balance,
  ];
}

// Grids of the sizes that the state asks for.
function rebuild(figure) {
  const { given, state, view } = figure;
  const { padding } = state;
  const size = outputSize(state);
  const ink = Math.max(1, ...given.x.flat());
  const chooseCell = (i, j) => choose(figure, { cell: [i, j] });
  const chooseWindow = (p, q) => choose(figure, { window: p * size[1] + q });
  const typeX = (i, j, key) => edit(figure, state.x[i - padding], j - padding, ink, key);
  const typeDy = (p, q, key) => edit(figure, state.dy[p], q, 1, key);
  figure.grids = {
    x: pointable(padded(state), padding, chooseCell, typeX),
    y: pointable(size, 0, chooseWindow),
    dx: pointable(padded(state), padding, chooseCell),
    dy: pointable(size, 0, chooseWindow, typeDy),
  };
  const [input, output] = [shape(state.x), size].map((sizes) => sizes.join(" × "));
  const captions = {
    x: `forward: x ${input}`, y: `y ${output}`, dx: `backward: dx ${input}`, dy: `dy ${output}`,
  };
  for (const [name, { body }] of Object.entries(figure.grids)) {
    view[name].replaceChildren(h("caption", {}, captions[name]), body);
  }
}

// --- Events: each changes the state or the choice, then draws ---

// Take over what is new. Where the output has grown, its gradient is 1.
function change(figure, news) {
  const { state, view } = figure;
  Object.assign(state, news);
  state.padding = Math.min(state.padding, Math.floor(state.window / 2));
  const [height, width] = outputSize(state);
  state.dy = matrix(height, width, (p, q) => state.dy[p]?.[q] ?? 1);
  view.steps.set(state);
  view.kind.value = state.kind;
  rebuild(figure);
  choose(figure, { window: 0 });
}

// A click, Enter or space switches a number of this row, a digit sets it, minus changes its sign.
function edit(figure, row, j, ink, key) {
  const value = retyped(row[j], ink, key);
  if (value === undefined) return false;
  row[j] = value;
  draw(figure);
  return true;
}

// dY as it was given; where the output has grown, it is 1.
const givenDy = ({ given, state }) =>
  matrix(...outputSize(state), (p, q) => given.dy[p]?.[q] ?? 1);

// The address: kind, window, stride, padding, the cell of x or y, and x and dy if changed.
function codeOf(figure) {
  const { given, state: { kind, window, stride, padding, x, dy }, chosen } = figure;
  const [, width] = shape(dy);
  const cell = chosen.cell?.map((i) => i - padding)
    ?? [Math.floor(chosen.window / width), chosen.window % width];
  return write(kind, window, stride, padding, chosen.cell ? "x" : "y", [cell],
    unlessGiven(x, given.x), unlessGiven(dy, givenDy(figure)));
}

function open(figure, code) {
  const { given } = figure;
  const found = read(code, nameIn(Object.keys(kinds)), ...Object.values(limits).map(wholeIn),
    nameIn(["x", "y"]), rowsOf([1, 2]), optional(rowsOf(shape(given.x)), given.x),
    optional(rowsOf(), given.dy));
  if (!found) return false;
  const [kind, window, stride, padding, letter, [cell], x, dy] = found;
  const news = structuredClone({ kind, window, stride, padding, x, dy });
  const size = letter === "x" ? shape(x) : outputSize(news);
  if (padding > window / 2 || !isPlace(cell, size)) return false;
  change(figure, news);
  const [i, j] = cell;
  choose(figure, letter === "x"
    ? { cell: [i + padding, j + padding] } : { window: i * size[1] + j });
  return true;
}

function choose(figure, chosen) {
  figure.chosen = chosen;
  draw(figure);
}

// --- Drawing ---

function draw(figure) {
  const { state, chosen, view } = figure;
  figure.windows = places(...outputSize(state)).map((at) => look(state, at));
  const window = figure.windows[chosen.window];
  const lit = window ? [window] : givers(figure, chosen.cell);
  drawInput(figure, lit, window ? window.cells : [chosen.cell]);
  drawGradient(figure, window ? window.receivers : [chosen.cell]);
  drawOutputs(figure, lit);
  view.status.textContent = window ? forward(figure, window) : backward(figure, chosen.cell, lit);
  view.balance.textContent = balance(figure);
  view.link.set(codeOf(figure));
}

function drawInput(figure, lit, read) {
  const { state, grids: { x } } = figure;
  const marks = takesMaximum(state);
  fill(x, (...cell) => pixel(state, cell) ?? 0, (...cell) => ({
    on: has(read, cell),
    pad: !isReal(state, cell),
    idle: !readers(figure, cell).length,
    won: marks && givers(figure, cell).length,
    best: marks && lit.some(({ receivers }) => has(receivers, cell)),
    tie: marks && lit.some(({ ties }) => has(ties, cell)),
  }));
  for (const cell of x.body.querySelectorAll(".pad")) {
    cell.textContent = kinds[state.kind].padding;
  }
}

function drawGradient(figure, got) {
  const { state, grids: { dx } } = figure;
  fill(dx, (...cell) => gradient(figure, cell), (...cell) => ({
    on: has(got, cell),
    pad: !isReal(state, cell),
  }));
}

function drawOutputs({ state, windows, grids }, lit) {
  const [, width] = outputSize(state);
  const window = (p, q) => windows[p * width + q];
  const classes = (p, q) => ({ on: lit.includes(window(p, q)) });
  fill(grids.y, (p, q) => window(p, q).y, classes);
  fill(grids.dy, (p, q) => window(p, q).dy, classes);
}

// --- Texts ---

// A cell as it is counted without the padding: x[0, 3].
const named = (letters, { padding }, cell) =>
  `${letters}[${cell.map((i) => i - padding).join(", ")}]`;

// What a window makes of its cells, and where its gradient goes.
function forward({ state }, { at, values, ties, y, dy, receivers, share }) {
  const sent = `dy${at}${outcome(dy)}`;
  if (takesMaximum(state)) {
    const [first] = receivers;
    const equal = ties.length ? `, the first of ${ties.length + 1} equal ones` : "";
    return `y${at}${outcome(y)} is the maximum, ${named("x", state, first)}${equal}. `
      + `All of ${sent} goes to ${named("dx", state, first)}.`;
  }
  const count = receivers.length;
  return `y${at} = (${values.map(summand).join(" + ")}) / ${count}${outcome(y)}. `
    + `Of ${sent}, each of ${count} cells gets ${short(dy)} / ${count}${outcome(share)}.`;
}

// What a cell gets, and from which windows.
function backward(figure, cell, lit) {
  const { state } = figure;
  const dx = named("dx", state, cell);
  if (!lit.length) return `${dx} = 0: ${named("x", state, cell)} is ${lacking(figure, cell)}`;
  const over = ({ receivers }) => (receivers.length > 1 ? ` / ${receivers.length}` : "");
  const letters = lit.map((window) => `dy${window.at}${over(window)}`);
  const numbers = lit.map((window) => `${summand(window.dy)}${over(window)}`);
  const result = outcome(gradient(figure, cell), ...lit.map(({ dy }) => dy));
  return `${dx} = ${letters.join(" + ")} = ${numbers.join(" + ")}${result}.`;
}

function lacking(figure, cell) {
  const isRead = readers(figure, cell).length > 0;
  return isRead ? "not the maximum of any window that reads it." : "in no window.";
}

// Whether all of dy arrives in dx.
function balance(figure) {
  const { state } = figure;
  const sent = sum(state.dy.flat());
  const real = places(...padded(state)).filter((cell) => isReal(state, cell));
  const kept = sum(real.map((cell) => gradient(figure, cell)));
  const dot = takesMaximum(state) ? "A dot: the maximum of a window. " : "";
  const verdict = Math.abs(sent - kept) < 1e-9
    ? "what went in comes out." : `${short(sent - kept)} went to the padding and is lost.`;
  return `${dot}Sum of dy${outcome(sent)}, sum of dx${outcome(kept)}: ${verdict}`;
}
