// The pooling explorer, forward and, if a gradient dy is given, backward. The mathematics is that
// of cnnlib.functional: the padding of a maximum is −∞, and the gradient goes to the first
// maximum, row by row; an average pads with 0, and counts these cells or does not.
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
const goesBack = ({ given }) => given.dy !== null;

// --- The mathematics ---

const places = (height, width) => matrix(height, width, (i, j) => [i, j]).flat();
const has = (cells, [i, j]) => cells.some(([p, q]) => p === i && q === j);

// A pixel of the padded input, undefined on the padding.
const pixel = ({ x, padding }, [i, j]) => x[i - padding]?.[j - padding];
const isReal = (state, cell) => pixel(state, cell) !== undefined;

const paddedSize = ({ x, padding }) => shape(x).map((extent) => extent + 2 * padding);
const outputSize = (state) =>
  paddedSize(state).map((extent) => Math.floor((extent - state.window) / state.stride) + 1);

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

const windowsOf = (state) => places(...outputSize(state)).map((at) => look(state, at));

// The window with the largest number.
function largestOf(state) {
  const numbers = windowsOf(state).map(({ y }) => y);
  return numbers.indexOf(Math.max(...numbers));
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
    dot: h("p", { class: "dot" }, "a window's maximum, of equal ones the first"),
    balance: h("p"),
    link: linkTo("pooling", "view", (code) => open(figure, code)),
  };
}

function arrange(figure) {
  const { given, view } = figure;
  const back = goesBack(figure);
  const row = (input, arrow, output) =>
    h("div", { class: "cnn-row" }, input, h("div", { class: "cnn-bar" }, arrow, output));
  return [
    h("p", {}, h("b", {}, back
      ? "Pooling makes one number of each window: where does the gradient of that number go?"
      : "Pooling makes one number of each window: the largest, or the average."),
    back ? " Choose any number; click or type to change x and dy."
      : " Choose a number of y to see its window; click or type to change x."),
    h("div", { class: "cnn-bar" }, h("label", {}, "pooling ", view.kind), ...view.steps.nodes,
      button("Reset", () => change(figure, structuredClone(given))), view.link.node),
    row(view.x, "→", view.y), view.dot, ...(back ? [row(view.dx, "←", view.dy)] : []),
    view.status, ...(back ? [view.balance] : []),
  ];
}

// Grids of the sizes that the state asks for.
function rebuild(figure) {
  const { given, state, view } = figure;
  const { padding } = state;
  const padded = paddedSize(state);
  const size = outputSize(state);
  const ink = Math.max(1, ...given.x.flat());
  const chooseCell = (i, j) => choose(figure, { cell: [i, j] });
  const chooseWindow = (p, q) => choose(figure, { window: p * size[1] + q });
  const typeX = (i, j, key) => edit(figure, state.x[i - padding], j - padding, ink, key);
  const typeDy = (p, q, key) => edit(figure, state.dy[p], q, 1, key);
  figure.grids = {
    x: pointable(padded, padding, chooseCell, typeX),
    y: pointable(size, 0, chooseWindow),
    ...(goesBack(figure) && {
      dx: pointable(padded, padding, chooseCell),
      dy: pointable(size, 0, chooseWindow, typeDy),
    }),
  };
  const [input, output] = [shape(state.x), size].map((sizes) => sizes.join(" × "));
  const captions = {
    x: ["input x", input], y: ["output y", output],
    dx: ["gradient dx", input], dy: ["gradient dy", output],
  };
  for (const [name, { body }] of Object.entries(figure.grids)) {
    const [letter, sizes] = captions[name];
    view[name].replaceChildren(h("caption", {}, letter, h("br"), sizes), body);
  }
}

// --- Events: each changes the state or the choice, then draws ---

// Take over what is new. Where no gradient is given, or the output has grown, it is 1.
function change(figure, news) {
  const { state, view } = figure;
  Object.assign(state, news);
  state.padding = Math.min(state.padding, Math.floor(state.window / 2));
  const [height, width] = outputSize(state);
  state.dy = matrix(height, width, (p, q) => state.dy?.[p]?.[q] ?? 1);
  view.steps.set(state);
  view.kind.value = state.kind;
  rebuild(figure);
  choose(figure, { window: largestOf(state) });
}

// A click, Enter or space switches a number of this row, a digit sets it, minus changes its sign.
function edit(figure, row, j, ink, key) {
  const value = retyped(row[j], ink, key);
  if (value === undefined) return false;
  row[j] = value;
  draw(figure);
  return true;
}

// dy as it was given; where it was not, or the output has grown, it is 1.
const givenDy = ({ given, state }) =>
  matrix(...outputSize(state), (p, q) => given.dy?.[p]?.[q] ?? 1);

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
  const fits = padding <= window / 2 && isPlace(cell, size) && (goesBack(figure) || !dy);
  if (!fits) return false;
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
  figure.windows = windowsOf(state);
  const window = figure.windows[chosen.window];
  const lit = window ? [window] : givers(figure, chosen.cell);
  drawInput(figure, lit, window ? window.cells : [chosen.cell]);
  drawOutput(figure, "y", lit);
  if (goesBack(figure)) {
    drawGradient(figure, window ? window.receivers : [chosen.cell]);
    drawOutput(figure, "dy", lit);
    view.balance.textContent = balance(figure);
  }
  const told = window ? tellWindow(figure, window) : tellCell(figure, chosen.cell, lit);
  view.status.textContent = told.join(" ");
  view.dot.hidden = !takesMaximum(state);
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

// The grid of y or of dy.
function drawOutput({ state, windows, grids }, name, lit) {
  const [, width] = outputSize(state);
  const window = (p, q) => windows[p * width + q];
  fill(grids[name], (p, q) => window(p, q)[name], (p, q) => ({ on: lit.includes(window(p, q)) }));
}

// --- Texts ---

// A cell as it is counted without the padding: x[0, 3].
const named = (letters, { padding }, cell) =>
  `${letters}[${cell.map((i) => i - padding).join(", ")}]`;

// What a window makes of its cells, and where its gradient goes.
function tellWindow(figure, window) {
  const { state } = figure;
  const back = goesBack(figure) ? [sent(state, window)] : [];
  return [made(state, window), ...back];
}

function made(state, { at, values, ties, y, receivers }) {
  if (!takesMaximum(state)) {
    return `y${at} = (${values.map(summand).join(" + ")}) / ${receivers.length}${outcome(y)}.`;
  }
  const equal = ties.length ? `, the first of ${ties.length + 1} equal ones` : "";
  return `y${at} = max(${values.map((v) => short(v)).join(", ")})${outcome(y)}, which is `
    + `${named("x", state, receivers[0])}${equal}.`;
}

function sent(state, { at, dy, receivers, share }) {
  const whole = `dy${at}${outcome(dy)}`;
  const count = receivers.length;
  return takesMaximum(state) ? `All of ${whole} goes to ${named("dx", state, receivers[0])}.`
    : `Of ${whole}, each of ${count} cells gets ${short(dy)} / ${count}${outcome(share)}.`;
}

// What becomes of a cell, and what it gets from which windows.
function tellCell(figure, cell, lit) {
  const { state } = figure;
  const x = `${named("x", state, cell)}${outcome(pixel(state, cell))}`;
  const use = takesMaximum(state) ? `Windows that take ${x} as their maximum: ${lit.length}.`
    : `Windows that average over ${x}: ${lit.length}.`;
  return goesBack(figure) ? [use, received(figure, cell, lit)] : [use];
}

function received(figure, cell, lit) {
  const dx = named("dx", figure.state, cell);
  if (!lit.length) return `${dx} = 0.`;
  const over = ({ receivers }) => (receivers.length > 1 ? ` / ${receivers.length}` : "");
  const letters = lit.map((window) => `dy${window.at}${over(window)}`);
  const numbers = lit.map((window) => `${summand(window.dy)}${over(window)}`);
  const result = outcome(gradient(figure, cell), ...lit.map(({ dy }) => dy));
  return `${dx} = ${letters.join(" + ")} = ${numbers.join(" + ")}${result}.`;
}

// Whether all of dy arrives in dx.
function balance(figure) {
  const { state } = figure;
  const all = sum(state.dy.flat());
  const real = places(...paddedSize(state)).filter((cell) => isReal(state, cell));
  const kept = sum(real.map((cell) => gradient(figure, cell)));
  const verdict = Math.abs(all - kept) < 1e-9
    ? "what went in comes out." : `${short(all - kept)} went to the padding and is lost.`;
  return `Sum of dy${outcome(all)}, sum of dx${outcome(kept)}: ${verdict}`;
}
