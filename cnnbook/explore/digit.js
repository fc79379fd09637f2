// The digit explorer: what is drawn becomes 28 × 28 pixels, prepared as MNIST's were, and goes
// through the network, layer by layer. A full connection is computed as what it is: a convolution
// whose window is the whole input.
//
// The figure is one object: its `layers`, its `state`, which is what is drawn, what the layers make
// of it, where the pen is and what is pointed at, and on the page its `view`.

const { ceil, exp, floor, max, min, round, sqrt } = Math;

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

// --- The network --------------------------------------------------------------------------

// The float16 numbers of a text. Moved to their place in float32, the bits of a float16 give a
// number that is too small by the difference of the two exponents.
function unpack(text) {
  const base64 = text.replaceAll("-", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt());
  const bits = Uint32Array.from(new Uint16Array(bytes.buffer),
    (half) => (half & 0x8000) << 16 | (half & 0x7fff) << 13);
  return new Float32Array(bits.buffer).map((v) => v * 2 ** 112);
}

// The layers, each with its weights w, biases b, and the shapes (maps, rows) of input and output.
function network({ layers, weights }) {
  const numbers = unpack(weights);
  let from = [1, 28];
  let used = 0;
  const take = (count) => {
    used += count;
    return numbers.subarray(used - count, used);
  };
  return layers.map(([name, learned, relu, maps, rows, kernel, stride, padding]) => {
    const layer = { name, learned, relu, from, to: [maps, rows], kernel, stride, padding };
    layer.w = take(learned * maps * from[0] * kernel * kernel);
    layer.b = take(learned * maps);
    layer.windows = range(rows).map((p) => windowAt(layer, p));
    from = layer.to;
    return layer;
  });
}

// Window p along one axis, where it starts and what lies inside of the picture: low to high - 1.
function windowAt({ from: [, rows], kernel, stride, padding }, p) {
  const start = p * stride - padding;
  return { start, low: max(0, start), high: min(rows, start + kernel) };
}

// Every map of the output, window by window.
function apply(layer, x) {
  const { learned, relu, to: [maps, rows], windows } = layer;
  const read = learned ? weigh : largestOf;
  const y = new Float32Array(maps * rows * rows);
  let at = 0;
  for (let map = 0; map < maps; map++) {
    for (const down of windows) {
      for (const across of windows) {
        const v = read(layer, x, map, down, across);
        y[at] = relu ? max(v, 0) : v;
        at += 1;
      }
    }
  }
  return y;
}

// One number of a convolution: the bias, and the products of what the window reads of all maps.
function weigh({ from: [maps, rows], kernel, w, b }, x, output, down, across) {
  let total = b[output];
  for (let map = 0; map < maps; map++) {
    for (let row = down.low; row < down.high; row++) {
      const cells = (map * rows + row) * rows;
      const line = (output * maps + map) * kernel + row - down.start;
      const weights = line * kernel - across.start;
      for (let column = across.low; column < across.high; column++) {
        total += w[weights + column] * x[cells + column];
      }
    }
  }
  return total;
}

// One number of a pooling layer, which reads one map.
function largestOf({ from: [, rows] }, x, map, down, across) {
  let largest = -Infinity;
  for (let row = down.low; row < down.high; row++) {
    for (let column = across.low; column < across.high; column++) {
      largest = max(largest, x[(map * rows + row) * rows + column]);
    }
  }
  return largest;
}

// What all layers make of a picture.
function forward(layers, picture) {
  const values = [];
  for (const layer of layers) values.push(apply(layer, values.at(-1) ?? picture));
  return values;
}

// What row (or column) `at` of layer k looks at: the first of the picture's rows, and how many.
function field(layers, k, at) {
  const [first, last] = layers.slice(0, k + 1).reduceRight(
    (ends, { from: [, rows], kernel, stride, padding }) => {
      const [low, high] = ends.map((end) => end * stride - padding);
      return [low, high + kernel - 1].map((row) => clamp(row, 0, rows - 1));
    }, [at, at]);
  return [first, last - first + 1];
}

// In percent; none without logits.
function chancesOf(logits = []) {
  const largest = max(...logits);
  const powers = [...logits].map((v) => exp(v - largest));
  return powers.map((power) => 100 * power / sum(powers));
}

// --- From ink to the picture that the network gets ----------------------------------------

// A stretch of cells in so many equal pieces: the cells of each piece, and their shares in it.
const pieces = (first, extent, count) => range(count).map((piece) => range(extent)
  .map((i) => {
    const [from, to] = [i, i + 1].map((edge) => edge * count / extent);
    return [first + i, min(to, piece + 1) - max(from, piece)];
  })
  .filter(([, share]) => share > 0));

// n × n ink, some of its rows and columns: averages over pieces of them.
function resample(ink, n, down, across) {
  const average = (piece, value) => sum(piece.map(([i, share]) => share * value(i)));
  return pieces(...down).map((rows) => {
    const line = range(n).map((j) => average(rows, (i) => ink[i * n + j]));
    return pieces(...across).map((columns) => average(columns, (j) => line[j]));
  });
}

// The rows and the columns that hold ink, the first and how many; undefined if there is none.
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

// --- Canvases -----------------------------------------------------------------------------

// A canvas under its name, and a frame that can be put over some of its rows and columns.
function makeBoard(role, name, more, pixel, properties) {
  const canvas = h("canvas", {
    tabindex: 0, role: "application", "aria-label": `${name}, ${more}`,
    style: `width:${properties.width * pixel}px`, ...properties,
  });
  const frame = h("i");
  const node = h("div", { class: role }, h("small", {}, name, h("br"), more),
    h("div", {}, canvas, frame));
  return { node, canvas, frame, pixel };
}

// A box is the first of its rows, how many, the first column, how many; no box hides the frame.
function putFrame({ frame, pixel }, box) {
  const edges = ["top", "height", "left", "width"];
  const style = box?.map((length, i) => `${edges[i]}:${length * pixel}px`).join(";");
  frame.style = style ?? "display:none";
}

// All numbers of a layer, map by map; visit([map, row, column]) is called for the one that is
// pointed at or reached with the arrow keys, visit() when none is any more.
function makePlane(role, layer, across, pixel, visit) {
  const { name, relu, to: [maps, rows] } = layer;
  const pitch = rows > 1 ? rows + 1 : 1;
  const [width, height] = [across * pitch, ceil(maps / across) * pitch];
  const shape = rows > 1 ? [maps, rows, rows].join(" × ") : `${maps}`;
  const leave = () => visit();
  const point = ({ offsetX, offsetY }) =>
    go(made, [floor(offsetY / pixel), floor(offsetX / pixel)]);
  const made = makeBoard(role, name, shape + (relu ? ", ReLU" : ""), pixel, {
    width, height, onpointermove: point, onclick: point, onpointerleave: leave,
    onfocus: () => go(made, made.here), onblur: leave,
    onkeydown: (event) => onArrow(event, (move) => go(made, add(made.here, move), move)),
  });
  return Object.assign(made, { layer, across, pitch, width, height, visit, here: [0, 0] });
}

const add = (place, move) => place.map((v, axis) => v + move[axis]);

// Call act with the step of an arrow key, or with none for the space bar.
function onArrow(event, act) {
  const move = { ...moves, " ": [0, 0] }[event.key];
  if (!move) return;
  event.preventDefault();
  act(move);
}

// The unit at a place of a plane: its map, and its row and column there.
const unitAt = ({ across, pitch }, [y, x]) =>
  [floor(y / pitch) * across + floor(x / pitch), y % pitch, x % pitch];

// Visit the unit at a place. Between two maps lies a line of nothing, which the keys cross.
function go(plane, place, move) {
  const [maps, rows] = plane.layer.to;
  const unit = unitAt(plane, place);
  const [map, i, j] = unit;
  if (min(...place) < 0 || place[1] >= plane.width || map >= maps) return;
  if (max(i, j) < rows) {
    plane.here = place;
    plane.visit(unit);
  } else if (move) {
    go(plane, add(place, move), move);
  }
}

// Paint the numbers, the largest one in full colour; without numbers all are pale.
function showPlane(plane, values = [], largest = max(1e-9, ...values)) {
  const { canvas, width, height } = plane;
  const [maps, rows] = plane.layer.to;
  const brush = canvas.getContext("2d");
  const image = brush.createImageData(width, height);
  for (const at of range(width * height)) {
    const [map, i, j] = unitAt(plane, [floor(at / width), at % width]);
    if (map < maps && max(i, j) < rows) {
      const v = values[(map * rows + i) * rows + j] ?? 0;
      image.data[4 * at + 3] = 20 + 235 * max(0, v / largest);
    }
  }
  brush.putImageData(image, 0, 0);
  brush.globalCompositeOperation = "source-in";
  brush.fillStyle = getComputedStyle(canvas).color;
  brush.fillRect(0, 0, width, height);
}

// Put the frame around one unit, or hide it.
function frameUnit(plane, unit) {
  if (!unit) return putFrame(plane);
  const [map, i, j] = unit;
  const top = floor(map / plane.across) * plane.pitch + i;
  const left = map % plane.across * plane.pitch + j;
  return putFrame(plane, [top, 1, left, 1]);
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

// --- Drawing the figure -------------------------------------------------------------------

// Everything, after the drawing or its preparation has changed.
function draw(figure) {
  const { layers, state, view } = figure;
  const { x, spans } = picture(paint(view.pad, state.strokes), view.prepare.checked);
  state.values = x ? forward(layers, Float32Array.from(x, (v) => v / 255)) : [];
  putFrame(view.pad, spans?.flat());
  showPlanes(view.planes, state.values);
  showChances(figure, chancesOf(state.values.at(-1)));
  showUnit(figure);
}

// In the input full ink is in full colour, in the other layers the largest number is.
function showPlanes([input, ...others], [pixels, ...values]) {
  showPlane(input, pixels, 1);
  others.forEach((plane, k) => showPlane(plane, values[k]));
}

function showChances({ percent, view: { bars, answer } }, chances) {
  bars.forEach((bar, i) => {
    bar.style = `--v:${chances[i] ?? 0}%`;
    bar.textContent = chances.length ? `${chances[i].toFixed()} %` : "";
  });
  const highest = max(...chances);
  const isSure = highest >= percent;
  const refusal = chances.length ? "not sure" : "nothing drawn";
  const text = isSure ? String(chances.indexOf(highest)) : refusal;
  // Only news are written, and so read aloud.
  if (answer.textContent !== text) answer.replaceChildren(isSure ? h("b", {}, text) : text);
}

// The unit that is pointed at, and what it looks at.
function showUnit({ layers, state: { values, unit }, view: { planes, note } }) {
  planes.forEach((plane, k) => frameUnit(plane, k === unit?.k ? unit.place : undefined));
  if (!unit) {
    note.textContent = "Point at a number, or reach it by Tab and arrow keys.";
    return;
  }
  const { k, place } = unit;
  const { name, to: [, rows] } = layers[k];
  const [map, i, j] = place;
  const [row, height] = field(layers, k, i);
  const [column, width] = field(layers, k, j);
  const value = values[k]?.[(map * rows + i) * rows + j] ?? 0;
  putFrame(planes[0], [row, height, column, width]);
  note.textContent = `${name}[${rows > 1 ? place.join(", ") : map}] = ${value.toFixed(2)}`
    + ` looks at ${height} × ${width} pixels from row ${row}, column ${column}`;
}

// --- The elements -------------------------------------------------------------------------

function digit(data) {
  const figure = begin(data);
  figure.view = elements(figure);
  // The colours are known once the figure is on the page.
  queueMicrotask(() => draw(figure));
  return arrange(figure);
}

function begin({ percent, ...data }) {
  const state = { strokes: examples[3], values: [], tip: [7, 7], isDown: false, unit: undefined };
  return { layers: network(data), percent, state };
}

const elements = (figure) => ({
  pad: makePad(figure, 1),
  planes: makePlanes(figure),
  prepare: h("input", { type: "checkbox", checked: "", onchange: () => draw(figure) }),
  answer: h("p", { role: "status" }),
  note: h("p", { "aria-live": "polite" }),
  bars: range(10).map(() => h("td")),
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
  const across = isLast ? 1 : floor(sqrt(maps));
  const pixel = isLast ? 26 : ceil((k ? 8 : 25) / sqrt(rows));
  const visit = (place) => look(figure, place && { k, place });
  return makePlane(k ? "y" : "x", layer, across, pixel, visit);
});

function arrange(figure) {
  const { state, view: { pad, planes, prepare, answer, note } } = figure;
  const [input, ...maps] = planes.map(({ node }) => node);
  const logits = maps.pop();
  return [
    h("div", { class: "cnn-bar" }, button("Clear", () => load(figure, [])),
      button("Into a corner", () => load(figure, shrunk(state.strokes))),
      h("label", {}, prepare, " prepare as MNIST was")),
    h("div", { class: "cnn-bar", role: "group", "aria-label": "examples" },
      h("span", {}, "examples"),
      ...examples.map((drawing, i) => button(i, () => load(figure, drawing)))),
    h("div", { class: "cnn-net" },
      pad.node, h("div", {}, input, answer), logits, probabilities(figure)),
    h("div", { class: "cnn-net" }, ...maps),
    note,
  ];
}

const probabilities = ({ percent, view: { bars } }) => h("div", { class: "y" },
  h("small", {}, "probabilities", h("br"), `sure from ${percent} % on`),
  h("table", { style: `--sure:${percent}%` },
    ...bars.map((bar, i) => h("tr", {}, h("th", { scope: "row" }, i), bar))));

// --- Events: each changes the state, then draws -------------------------------------------

function load(figure, strokes) {
  figure.state.strokes = strokes;
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
