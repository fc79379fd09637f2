// The field explorer: a stack of layers along one axis, each row of outputs above the row that its
// windows read, and the pixels at the bottom. Sizes as in cnnlib.windows.output_size, r and j as in
// the chapter on output size.
//
// The figure is one object: its `presets`; its `state`, which is the stack, the chosen output and
// the place on the pixels that the reader looks at; the `rows` that follow from the stack; and on
// the page its `view`. Cells that lie outside their row are zeros of the padding.

const limits = { window: [1, 7], stride: [1, 3], padding: [0, 3], dilation: [1, 8] };
const mostLayers = 6;
const mostPixels = 40;

// A stack travels as its number of pixels and the numbers of each layer, in the order of `limits`.
const stacks = {
  "LeNet: 1, 3 convolve; 2, 4 pool": [28, [[5, 1, 2, 1], [2, 2, 0, 1], [5, 1, 0, 1], [2, 2, 0, 1]]],
  "3 × 3, stride 1": [33, range(5).map(() => [3, 1, 0, 1])],
  "3 × 3, stride 2": [33, range(4).map(() => [3, 2, 0, 1])],
  "3 × 3, dilation 1, 2, 4, 8": [33, [1, 2, 4, 8].map((dilation) => [3, 1, 0, dilation])],
};

// Down, a row takes so many pixels of the screen; across, a unit is a pixel of the input.
const pitch = 60;
const cellHeight = 18;
const halfWidth = 0.42;

function field({ stack }) {
  const isKnown = Object.values(stacks).some((known) => write(...known) === write(...stack));
  const figure = { presets: isKnown ? stacks : { ...stacks, "as given": stack } };
  figure.view = elements(figure);
  load(figure, stack);
  return arrange(figure);
}

// --- The mathematics ---

// Of each row, from the pixels up: how many cells it has, the field r of a cell, the jump j, and
// where on the pixels the middle of the field of cell 0 lies.
function measure(size, layers) {
  const rows = [{ n: size, r: 1, j: 1, at: 0 }];
  for (const layer of layers) rows.push(rowAbove(rows.at(-1), layer));
  return rows;
}

const extentOf = ({ window, dilation }) => dilation * (window - 1) + 1;

function rowAbove({ n, r, j, at }, layer) {
  const { stride, padding } = layer;
  const extent = extentOf(layer);
  return {
    n: Math.floor((n + 2 * padding - extent) / stride) + 1,
    r: r + (extent - 1) * j,
    j: j * stride,
    at: at + ((extent - 1) / 2 - padding) * j,
  };
}

const isReal = ({ n }, i) => i >= 0 && i < n;
const placeOf = ({ at, j }, i) => at + i * j;
const nearest = ({ n, at, j }, place) => clamp(Math.round((place - at) / j), 0, n - 1);

// The cells that the window of output i reads in the row below.
const windowOf = ({ window, stride, padding, dilation }, i) =>
  range(window).map((t) => i * stride - padding + t * dilation);

// Of each row the cells that can influence the chosen output, and the zeros that windows reach.
function coneOf({ state: { layers, level, cell }, rows }) {
  const cone = rows.map(() => []);
  cone[level] = [cell];
  for (const l of range(level).reverse()) {
    const real = cone[l + 1].filter((i) => isReal(rows[l + 1], i));
    cone[l] = [...new Set(real.flatMap((i) => windowOf(layers[l], i)))];
  }
  return cone;
}

// --- The elements ---

function elements(figure) {
  const preset = choice(Object.keys(figure.presets), () =>
    load(figure, figure.presets[preset.value]));
  preset.append(h("option", { hidden: "" }, "own"));
  const status = h("p", { role: "status" });
  return {
    preset, status,
    layer: h("b"),
    steps: steppers(limits, {}, (news) => edit(figure, news)),
    labels: h("div"),
    picture: makePicture(figure),
    formula: h("div", { class: "sums" }),
    player: player(1400, status, () => begin(figure), () => proceed(figure)),
    link: linkTo("field", "view", (code) => open(figure, code)),
  };
}

// All rows are one control: across, the outputs of a layer; up and down, the layers.
function makePicture(figure) {
  const point = (event) => pointAt(figure, event);
  return h("div", {
    class: "rows", tabindex: 0, role: "slider", "aria-label": "output",
    onclick: point,
    onpointermove: (event) => event.buttons && point(event),
    onkeydown: (event) => walk(figure, event),
  });
}

function arrange({ view }) {
  return [
    h("p", {}, h("b", {}, "Which pixels does one output see?"),
      " One row of an image is shown; down a column it is the same, so n pixels mean n × n.",
      " Choose an output, or drag along a row."),
    h("div", { class: "cnn-bar" }, h("label", {}, "network ", view.preset), view.player.node,
      view.link.node),
    h("div", { class: "cnn-field" }, view.labels, view.picture),
    view.status, h("div", { class: "cnn-bar" }, view.layer, ...view.steps.nodes), view.formula,
  ];
}

// --- Events: each changes the state, then draws ---

// Another stack; the output in the middle of its last layer is chosen.
function load(figure, [size, numbers]) {
  const layers = layersOf(numbers);
  figure.state = { size, layers };
  figure.rows = measure(size, layers);
  pick(figure, layers.length, figure.rows.at(-1).n >> 1);
}

// Choose an output; a play ends.
function pick(figure, level, cell) {
  const row = figure.rows[level];
  figure.view.player.pause();
  figure.state.place = placeOf(row, clamp(cell, 0, row.n - 1));
  climb(figure, level);
}

// Choose the output of a layer that is nearest to where the reader looks.
function climb(figure, level) {
  const { rows, state } = figure;
  state.level = clamp(level, 1, state.layers.length);
  state.cell = nearest(rows[state.level], state.place);
  draw(figure);
}

function pointAt(figure, { clientX, clientY }) {
  const { rows, view: { picture } } = figure;
  const { x, y } = new DOMPoint(clientX, clientY)
    .matrixTransform(picture.firstChild.getScreenCTM().inverse());
  const level = clamp(rows.length - 1 - Math.floor(y / pitch), 1, rows.length - 1);
  pick(figure, level, nearest(rows[level], x));
}

function walk(figure, event) {
  const { view, state: { level, cell } } = figure;
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  view.player.pause();
  if (move[0]) climb(figure, level - move[0]);
  else pick(figure, level, cell + move[1]);
}

// Change the numbers of the chosen layer, if all windows still fit.
function edit(figure, news) {
  const { state, view } = figure;
  const { size, level } = state;
  const layers = state.layers.with(level - 1, { ...state.layers[level - 1], ...news });
  const rows = measure(size, layers);
  const wrong = rows.findIndex(({ n }) => n < 1);
  if (wrong < 0) {
    state.layers = layers;
    figure.rows = rows;
  }
  view.player.pause();
  climb(figure, level);
  if (wrong > 0) view.status.textContent = `Then no window of layer ${wrong} would fit.`;
}

// A play climbs from layer to layer, from the first if the last is chosen, and ends at the last.
function begin(figure) {
  const { level, layers } = figure.state;
  if (level === layers.length) climb(figure, 1);
}

function proceed(figure) {
  const { state, view } = figure;
  climb(figure, state.level + 1);
  if (state.level === state.layers.length) view.player.pause();
}

// --- The address: the number of pixels, the layers, the chosen one and its output ---

const codeOf = ({ size, layers, level, cell }) => write(size, numbersOf(layers), level, cell);
const numbersOf = (layers) => layers.map((layer) => Object.values(layer));

function layersOf(numbers) {
  const keys = Object.keys(limits);
  return numbers.map((row) => Object.fromEntries(row.map((v, i) => [keys[i], v])));
}

function open(figure, code) {
  const found = read(code, wholeIn([1, mostPixels]), rowsOf(), wholeIn([1, mostLayers]),
    wholeIn([0, 99]));
  if (!found) return false;
  const [size, numbers, level, cell] = found;
  if (numbers.length > mostLayers || !numbers.every(isLayer)) return false;
  const rows = measure(size, layersOf(numbers));
  if (rows.some(({ n }) => n < 1) || !rows[level] || !isReal(rows[level], cell)) return false;
  load(figure, [size, numbers]);
  pick(figure, level, cell);
  return true;
}

function isLayer(row) {
  const ends = Object.values(limits);
  return row.length === ends.length
    && row.every((v, i) => wholeIn(ends[i])(`${v}`) !== undefined);
}

// --- Drawing ---

function draw(figure) {
  const { rows, state, view } = figure;
  const { layers, level, cell } = state;
  const cone = coneOf(figure);
  view.layer.textContent = `layer ${level}`;
  view.steps.set(layers[level - 1]);
  view.preset.value = presetOf(figure) ?? "own";
  view.labels.replaceChildren(...rows.map((_, l) => label(figure, l)).reverse());
  view.picture.innerHTML = drawing(figure, cone);
  view.picture.ariaValueMax = rows[level].n - 1;
  view.picture.ariaValueNow = cell;
  view.picture.ariaValueText = `layer ${level}, output ${cell}`;
  view.status.textContent = tell(figure, cone);
  view.formula.replaceChildren(...spell(figure).map((line) => h("div", {}, line)));
  view.link.set(codeOf(state));
}

// The name of the preset that the stack is, if it is one.
function presetOf({ presets, state: { size, layers } }) {
  const text = write(size, numbersOf(layers));
  return Object.keys(presets).find((name) => write(...presets[name]) === text);
}

// What stands beside a row: its name, its field and jump, and what its dotted squares are.
function label({ rows, state: { layers, level } }, l) {
  const { r, j } = rows[l];
  const lines = l ? [`sees ${r}`, `step ${j}`] : [];
  if (layers[l]?.padding) lines.push("dotted: padding");
  return h("div", { class: l === level ? "on" : "" }, l ? `layer ${l}` : "pixels",
    ...lines.map((line) => h("small", {}, line)));
}

// All rows from the last layer down to the pixels, and below these the field of the chosen output.
function drawing({ rows, state: { layers, level, cell } }, cone) {
  const pads = rows.map((_, l) => layers[l]?.padding ?? 0);
  const left = Math.min(...rows.map(({ at, r }) => at - r / 2));
  const right = Math.max(...rows.map((row, l) =>
    Math.max(placeOf(row, row.n - 1) + row.r / 2, placeOf(row, row.n - 1 + pads[l]) + 0.5)));
  const height = pitch * (rows.length - 1) + cellHeight + 2;
  const boxes = rows.map((row, l) =>
    range(row.n + 2 * pads[l]).map((i) => box(rows, l, i - pads[l], cone[l])).join(""));
  const lines = range(level).map((l) => rays(rows, layers[l], l, cone[l + 1], l + 1 === level));
  const { r } = rows[level];
  const part = (v) => `${100 * v / (right - left)}%`;
  const start = placeOf(rows[level], cell) - r / 2 - left;
  return `<svg viewBox="${left} 0 ${right - left} ${height}" height="${height}" `
    + `preserveAspectRatio="none" aria-hidden="true">${lines.join("")}${boxes.join("")}</svg>`
    + `<div style="margin-left:${part(start)};width:${part(r)}"><span>${r}</span></div>`;
}

const topOf = (rows, l) => (rows.length - 1 - l) * pitch + 1;

function box(rows, l, i, lit) {
  const names = [l ? "y" : "x", isReal(rows[l], i) ? "" : "pad", lit.includes(i) ? "on" : ""];
  return `<rect class="${names.join(" ")}" x="${placeOf(rows[l], i) - halfWidth}" `
    + `y="${topOf(rows, l)}" width="${2 * halfWidth}" height="${cellHeight}"/>`;
}

// The lines from the cells of a row down to those that their windows read.
function rays(rows, layer, l, cells, isFirst) {
  const ends = [topOf(rows, l + 1) + cellHeight, topOf(rows, l)];
  const real = cells.filter((i) => isReal(rows[l + 1], i));
  const d = real.flatMap((i) => windowOf(layer, i).map((t) =>
    `M${placeOf(rows[l + 1], i)} ${ends[0]}L${placeOf(rows[l], t)} ${ends[1]}`));
  return `<path class="w${isFirst ? " on" : ""}" d="${d.join("")}"/>`;
}

// --- Texts ---

// Which pixels the chosen output sees, and whether it reads zeros instead of others.
function tell({ rows, state: { level, cell } }, cone) {
  const pixels = cone[0].filter((i) => isReal(rows[0], i)).sort((a, b) => a - b);
  const reachesOut = cone.some((cells, l) => !cells.every((i) => isReal(rows[l], i)));
  const output = `Output ${cell} of layer ${level}, counted from 0,`;
  if (!pixels.length) return `${output} sees no pixel, only zeros of the padding.`;
  return `${output} sees ${listed(pixels)}${reachesOut ? ", and zeros of the padding" : ""}.`;
}

function listed(pixels) {
  const [first, last] = [pixels[0], pixels.at(-1)];
  const span = last - first + 1;
  if (span === 1) return `pixel ${first}`;
  return span === pixels.length ? `${span} pixels, ${first} to ${last}`
    : `${pixels.length} of the ${span} pixels ${first} to ${last}`;
}

// How r and j of the chosen layer follow from those of the row below.
function spell({ rows, state: { layers, level } }) {
  const { window, stride, dilation } = layers[level - 1];
  const [below, { r, j }] = [rows[level - 1], rows[level]];
  return [
    `sees r + d (k − 1) j = ${below.r} + ${dilation} · ${window - 1} · ${below.j} = ${r} pixels`,
    `step j s = ${below.j} · ${stride} = ${j} pixels from one output to the next`,
    "r, j: what the row below sees, and its step; window k, stride s, dilation d",
  ];
}
