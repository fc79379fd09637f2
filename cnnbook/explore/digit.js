// The digit explorer: what is drawn becomes 28 × 28 pixels, prepared as MNIST's were, and goes
// through the network of network.js; units.js says of every number how it was computed.
//
// The figure is one object: its `layers`, its `state`, which is what is drawn, what the layers make
// of it, where the pen is and which unit is looked at, and on the page its `view`.

const paper = 280;

// Ten drawings: strokes of points, each point as two letters, x and y, from a to z.
const examples = [
  "pdkdhihqkwpwsrsjpd", "khododnw", "hijeodsgrlmqgwgwtw", "hfmdrfrjmmmmrossowhv", "jehnhntn-qepx",
  "sejejeimimnlsorumwhv", "qdkjhqjwpwsspokpis", "gfseseonlx", "rfmdigklqostnxiukoqkrf",
  "rimdhhjmomririqqpx",
].map((drawing) => drawing.split("-").map(strokeOf));

function strokeOf(letters) {
  const place = (letter) => 11.2 * (letter.charCodeAt() - "a".charCodeAt());
  return letters.match(/../g).map((pair) => [...pair].map(place));
}

// In percent; none without logits.
function chancesOf(logits = []) {
  const largest = max(...logits);
  const powers = [...logits].map((v) => exp(v - largest));
  return powers.map((power) => 100 * power / sum(powers));
}

// --- From ink to the picture that the network gets ---

// A stretch of cells in equal pieces: the cells of each, and their shares in it.
const pieces = (first, extent, count) => range(count).map((piece) => {
  const [from, to] = [piece, piece + 1].map((edge) => edge * extent / count);
  const share = (i) => (min(to, i + 1) - max(from, i)) * count / extent;
  return range(ceil(to)).slice(floor(from)).map((i) => [first + i, share(i)]);
});

// n × n ink, some of its rows and columns: means over pieces of them.
function resample(ink, n, down, across) {
  const average = (piece, value) => sum(piece.map(([i, share]) => share * value(i)));
  return pieces(...down).map((rows) => {
    const line = range(n).map((j) => average(rows, (i) => ink[i * n + j]));
    return pieces(...across).map((columns) => average(columns, (j) => line[j]));
  });
}

// The rows and columns that hold ink, the first and how many; undefined without ink.
function spansOf(ink, n) {
  const lines = range(n);
  const rows = lines.filter((i) => lines.some((j) => ink[i * n + j]));
  const columns = lines.filter((j) => lines.some((i) => ink[i * n + j]));
  if (!rows.length) return undefined;
  return [rows, columns].map((used) => [used[0], used.at(-1) - used[0] + 1]);
}

// As cnnlib.datasets.normalise_digit does it: averaged into a box of 20 × 20, in its proportions,
// and moved by whole pixels until its centre of mass is nearest to the middle.
function prepared(ink, n, spans) {
  const longest = max(...spans.map(([, extent]) => extent));
  const box = resample(ink, n, ...spans.map(([first, extent]) =>
    [first, extent, max(1, round(extent * 20 / longest))]));
  const columns = box[0].map((_, j) => box.map((row) => row[j]));
  const [down, right] = [box, columns].map((lines) => {
    const masses = lines.map(sum);
    const centre = sum(masses.map((mass, i) => mass * i)) / sum(masses);
    return ceil(13.5 - centre - 1e-6);
  });
  return range(784).map((at) => box[floor(at / 28) - down]?.[at % 28 - right] ?? 0);
}

// n × n ink as 28 × 28 pixels, and the rows and columns that hold it if they were looked for;
// nothing without ink.
function picture(ink, prepare) {
  const n = sqrt(ink.length);
  const spans = spansOf(ink, n);
  if (!spans) return {};
  if (!prepare) return { x: resample(ink, n, [0, n, 28], [0, n, 28]).flat() };
  return { spans, x: prepared(ink, n, spans) };
}

// How thick the pen is: MNIST's digits are about nine of their strokes high, small ones as well.
function penOf(strokes) {
  const extents = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]))
    .map((places) => max(...places) - min(...places));
  return clamp(max(...extents) / 9, 6, 24);
}

// Paint the strokes, which run smoothly past their points; the ink of every pixel, 0 to 255.
function paint({ canvas }, strokes) {
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.clearRect(0, 0, paper, paper);
  brush.lineCap = "round";
  brush.lineJoin = "round";
  brush.strokeStyle = getComputedStyle(canvas).color;
  brush.lineWidth = penOf(strokes);
  for (const points of strokes) {
    brush.beginPath();
    brush.moveTo(points[0][0] + 0.1, points[0][1]);
    points.forEach(([x, y], i) => {
      const [nextX, nextY] = points[i + 1] ?? [x, y];
      brush.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    });
    brush.stroke();
  }
  const pixels = new Uint32Array(brush.getImageData(0, 0, paper, paper).data.buffer);
  return pixels.map((pixel) => pixel >>> 24);
}

// --- Drawing the figure ---

// All, after the drawing has changed.
function draw(figure) {
  const { layers, state, view } = figure;
  const { x, spans } = picture(paint(view.pad, state.strokes), view.prepare.checked);
  state.values = x ? forward(layers, Float32Array.from(x, (v) => v / 255)) : [];
  putFrame(view.pad, spans?.flat());
  state.spans = spans;
  if (view.panel) preparePanel(figure);
  showPlanes(view.planes, state);
  showChances(figure, chancesOf(state.values.at(-1)));
  showUnit(figure);
}

// Full colour is full ink, elsewhere the largest; for gradients the caption says it.
function showPlanes(planes, { values, direction, back }) {
  const isBackward = direction === "backward";
  planes.forEach((plane, k) => {
    const shown = (isBackward ? back.gradients : values)[k];
    showPlane(plane, shown, k || isBackward ? undefined : 1);
    const text = isBackward && shown ? `±${fine(max(...shown.map(abs)))}` : plane.size;
    if (plane.caption.data !== text) plane.caption.data = text;
  });
}

function showChances({ percent, view: { bars, answer } }, chances) {
  bars.forEach((bar, i) => {
    bar.style = `--v:${chances[i] ?? 0}%`;
    bar.textContent = chances.length ? `${chances[i].toFixed()} %` : "";
  });
  const text = verdict(chances, percent);
  // Only news is read aloud.
  const isDigit = text.length === 1;
  if (answer.textContent !== text) answer.replaceChildren(isDigit ? h("b", {}, text) : text);
}

// The digit, or why there is none.
function verdict(chances, percent) {
  const highest = max(...chances);
  const likeliest = chances.indexOf(highest);
  if (!chances.length) return "nothing drawn";
  if (likeliest === 10) return "not a digit it knows";
  return highest < percent ? "not sure" : String(likeliest);
}

// The unit that is looked at, and what it looks at.
function showUnit(figure) {
  const { layers, state: { values, unit, direction }, view: { planes, note, panel } } = figure;
  planes.forEach((plane, k) =>
    putFrames(plane, "here", k === unit?.k ? [unitBox(plane, unit.place)] : []));
  putFrame(planes[0], unit && direction !== "backward" && fieldOf(layers, unit));
  if (!unit) {
    note.textContent = "Point at or tap a square in any map, or use Tab and the arrow keys.";
  } else if (panel) {
    showPanel(figure);
  } else {
    const value = values[unit.k]?.[placeOf(layers[unit.k].to, unit.place)] ?? 0;
    note.textContent = `${wordsOf(layers, unit)}: ${short(value)}. It ${fieldText(layers, unit)}.`;
  }
}

// Which unit it is, in words.
function wordsOf(layers, { k, place: [map, i, j] }) {
  const [maps, rows] = layers[k].to;
  return rows > 1 ? `Map ${map} of ${maps}, row ${i}, column ${j}` : `Unit ${map} of ${maps}`;
}

// The pixels that a unit depends on: the first row, how many, the first column, how many.
const fieldOf = (layers, { k, place: [, i, j] }) => [i, j].flatMap((at) => field(layers, k, at));

function fieldText(layers, unit) {
  const [row, height, column, width] = fieldOf(layers, unit);
  return height === 28 && width === 28 ? "looks at the whole picture"
    : `looks at ${height} × ${width} pixels from row ${row}, column ${column}`;
}

// --- The elements ---

function digit(data) {
  const figure = begin(data);
  Object.assign(figure.state, { direction: "forward", isKept: false });
  figure.view = {
    ...elements(figure, 0.7), planes: makePlanes(figure), bars: makeChances(figure),
  };
  figure.view.panel = makePanel(figure);
  figure.state.unit = { k: 1, place: [0, 13, 13] };
  // The colours are known once the figure is on the page.
  queueMicrotask(() => draw(figure));
  return arrange(figure);
}

function begin({ percent, ...data }) {
  const state = { strokes: examples[3], values: [], tip: [7, 7], isDown: false };
  return { layers: network(data), percent, state };
}

const elements = (figure, pixel) => ({
  pad: makePad(figure, pixel),
  prepare: h("input", { type: "checkbox", checked: "", onchange: () => draw(figure) }),
  answer: h("p", { role: "status" }),
  note: h("p", { "aria-live": "polite" }),
  bars: range(figure.layers.at(-1).to[0]).map(() => h("td")),
});

// The paper to draw on. A new theme changes the colour of the canvas by a short transition, and
// at its end everything is painted again.
function makePad(figure, pixel) {
  const point = ({ offsetX, offsetY }) => [offsetX / pixel, offsetY / pixel];
  return makeBoard("x", "draw here", "by keys: arrows, space", pixel, {
    width: paper, height: paper,
    onpointerdown: (event) => {
      event.target.setPointerCapture(event.pointerId);
      startStroke(figure, point(event));
    },
    onpointermove: (event) => {
      if (event.target.hasPointerCapture(event.pointerId)) extendStroke(figure, point(event));
    },
    onkeydown: (event) => onArrow(event, (move) => steer(figure, move, event.key === " ")),
    onblur: () => liftPen(figure),
    ontransitionend: () => draw(figure),
  });
}

// The planes of all layers, about square, but for the last: its ten numbers stand in a column,
// beside their probabilities.
const makePlanes = (figure) => figure.layers.map((layer, k, { length }) => {
  const [maps, rows] = layer.to;
  const isLast = k === length - 1;
  const across = isLast ? 1 : acrossOf(maps);
  const visit = (place, how) => attend(figure, place && { k, place }, how);
  return makePlane(k ? "y" : "x", layer, across, isLast ? 24 : pixelOf(k, across, rows), visit);
});

// So large that the planes of some layers fit beside each other.
function pixelOf(k, across, rows) {
  if (rows === 1) return 8;
  return k ? max(1, round((rows > 12 ? 246 : 155) / (across * (rows + 1)))) : 5;
}

// The cells of the probabilities, each of which is a unit behind the last layer.
function makeChances(figure) {
  const k = figure.layers.length;
  const [outputs] = figure.layers.at(-1).to;
  const visit = (how) => (i) => attend(figure, { k, place: [i, 0, 0] }, how);
  const { cells } = grid(outputs, 1, 0, {
    focus: visit("keys"), point: visit("point"), press: (i, j, key) => key || visit("click")(i),
  });
  return cells.map(([cell]) => cell);
}

function arrange(figure) {
  const { state, view: { pad, planes, prepare, answer, panel } } = figure;
  panel.stages = [...planes.map(({ node }) => node), probabilities(figure)];
  const reading = h("div", { class: "reading" },
    h("small", {}, "It reads", h("br"), `(if ${figure.percent} % sure)`), answer);
  return [
    h("div", { class: "cnn-net" }, pad.node, reading, h("div", { class: "tools" },
      h("div", { class: "cnn-bar", role: "group", "aria-label": "examples" },
        ...examples.map((drawing, i) => button(i, () => load(figure, drawing)))),
      h("div", { class: "cnn-bar" }, button("Clear", () => load(figure, [])),
        button("Move to a corner", () => load(figure, shrunk(state.strokes))),
        h("label", {}, prepare, " centre and scale as in MNIST")))),
    panel.bar, panel.hint,
    h("div", { class: "cnn-net layers" }, ...panel.stages, panel.node),
  ];
}

const probabilities = ({ percent, view: { bars } }) => h("div", { class: "y chances" },
  h("small", {}, "softmax", h("br"), `line: ${percent} % sure`),
  h("table", { style: `--sure:${percent}%` }, ...rowsOf(bars)));

const rowsOf = (bars) => bars.map((bar, i) =>
  h("tr", {}, h("th", { scope: "row" }, i < 10 ? i : "other"), bar));

// --- Events: each changes the state, then draws ---

function load(figure, strokes) {
  Object.assign(figure.state, { strokes, label: undefined });
  draw(figure);
}

// A new stroke; an example gives way to it.
function startStroke(figure, point) {
  const { strokes } = figure.state;
  const kept = examples.includes(strokes) ? [] : strokes;
  load(figure, [...kept, [point]]);
}

function extendStroke(figure, point) {
  figure.state.strokes.at(-1).push(point);
  draw(figure);
}

// Half as large, and into the upper left corner.
const shrunk = (strokes) =>
  strokes.map((points) => points.map((point) => point.map((v) => v / 2 + 7)));

// The keys move the pen by 14 × 14 places, 20 apart; space puts it down or lifts it.
function steer(figure, move, isSwitch) {
  const { state, view } = figure;
  state.tip = add(state.tip, move).map((v) => clamp(v, 0, 13));
  state.isDown = state.isDown !== isSwitch;
  const [row, column] = state.tip;
  const point = [20 * column + 10, 20 * row + 10];
  if (state.isDown && isSwitch) startStroke(figure, point);
  else if (state.isDown) extendStroke(figure, point);
  putFrame(view.pad, [20 * row, 20, 20 * column, 20]);
  view.note.textContent = `Pen ${state.isDown ? "down" : "up"} at row ${row}, column ${column}`;
}

function liftPen({ state }) {
  state.isDown = false;
}

function look(figure, unit) {
  figure.state.unit = unit;
  showUnit(figure);
}
