// The digit explorer: what is drawn becomes 28 × 28 pixels, prepared as MNIST's were, and goes
// through the network, layer by layer. A full connection is computed as what it is: a convolution
// whose window is the whole input.

const { ceil, exp, floor, max, min, round, sqrt } = Math;

// Ten drawings on 280 × 280: strokes of points of two letters, x and y.
const examples = ("pdkdhihqkwpwsrsjpd khododnw hijeodsgrlmqgwgwtw hfmdrfrjmmmmrossowhv jehnhntn-qepx "
  + "sejejeimimnlsorumwhv qdkjhqjwpwsspokpis gfseseonlx rfmdigklqostnxiukoqkrf rimdhhjmomririqqpx"
).split(" ").map((text) => text.split("-").map((stroke) => ({
  width: 24,
  points: stroke.match(/../g).map((pair) => [...pair].map((c) => 11.2 * (c.charCodeAt() - 97))),
})));

// The layers, each with its weights and the shape of its input. Moved to their place in float32,
// the bits of a float16 give a number that is too small by the difference of the two exponents.
function network({ layers, weights }) {
  const bytes = Uint8Array.from(atob(weights.replaceAll("-", "/")), (c) => c.charCodeAt());
  const bits = Uint32Array.from(new Uint16Array(bytes.buffer),
    (half) => (half & 32768) << 16 | (half & 32767) << 13);
  const numbers = new Float32Array(bits.buffer).map((v) => v * 2 ** 112);
  let from = [1, 28], used = 0;
  const take = (count) => numbers.subarray(used, used += count);
  return layers.map(([name, learned, relu, f, n, ...window]) => {
    const w = take(learned * f * from[0] * window[0] ** 2), b = take(learned * f);
    const to = [f, n], layer = { name, relu, from, to, window, w, b };
    from = to;
    return layer;
  });
}

// One layer: for every place in the window, all windows at once, from the first to the last that
// have the place inside of the picture.
function apply({ relu, from: [c, n], to: [f, m], window: [k, stride, padding], w, b }, x) {
  const pool = !b.length, y = new Float32Array(f * m * m).map((_, at) =>
    pool ? -Infinity : b[floor(at / m / m)]);
  for (let o = 0, at = 0; o < f; o++)
    for (let map = pool && o; map < (pool ? o + 1 : c); map++)
      for (let i = -padding; i < k - padding; i++) for (let j = -padding; j < k - padding; j++) {
        const v = w[at++], first = max(0, ceil(-j / stride)), end = min(m, ceil((n - j) / stride));
        for (let p = 0, row = i; p < m; p++, row += stride) if (row >= 0 && row < n) {
          let cell = (map * n + row) * n + j + first * stride, to = (o * m + p) * m + first;
          for (let q = first; q < end; q++, to++, cell += stride)
            y[to] = pool ? max(y[to], x[cell]) : y[to] + v * x[cell];
        }
      }
  return relu ? y.map((v) => max(v, 0)) : y;
}
const forward = (layers, x) => layers.map((layer) => (x = apply(layer, x)));

// What row (or column) `at` of layer k looks at: the first of the picture's rows, and how many.
function field(layers, k, at) {
  const [first, last] = layers.slice(0, k + 1).reduceRight((ends, { from, window: [k, s, p] }) =>
    ends.map((end, i) => clamp(end * s - p + i * (k - 1), 0, from[1] - 1)), [at, at]);
  return [first, last - first + 1];
}

// `count` equal pieces of some cells: lists of cells and of their shares in a piece.
const pieces = (first, extent, count) => range(count).map((p) => range(extent)
  .map((i) => [first + i, min((i + 1) * count / extent, p + 1) - max(i * count / extent, p)])
  .filter(([, share]) => share > 0));
const average = (terms, value) => terms.reduce((sum, [i, share]) => sum + share * value(i), 0);
const resample = (ink, n, down, across) => pieces(...down).map((rows) => {
  const line = range(n).map((j) => average(rows, (i) => ink[i * n + j]));
  return pieces(...across).map((columns) => average(columns, (j) => line[j]));
});

// n × n ink as the network gets it, and the rows and columns that hold it; as it lies, or as
// cnnlib.datasets.normalise_digit prepares it.
function picture(ink, prepare) {
  const n = sqrt(ink.length), all = range(n), moment = [0, 0, 0],
    spans = [[n, 1], [1, n]].map(([along, across]) => {
      const used = all.filter((i) => all.some((j) => ink[i * along + j * across]));
      return [used[0], used.at(-1) - used[0] + 1];
    });
  if (!(spans[0][1] > 0)) return {};
  if (!prepare) return { x: resample(ink, n, [0, n, 28], [0, n, 28]).flat() };
  const box = resample(ink, n, ...spans.map(([first, extent]) =>
    [first, extent, max(1, round(extent * 20 / max(spans[0][1], spans[1][1])))]));
  box.forEach((row, i) => row.forEach((v, j) => [i, j, 1].forEach((f, k) => (moment[k] += f * v))));
  const [down, right] = moment.map((v) => ceil(13.5 - v / moment[2] - 1e-6));
  return { spans, x: range(784).map((at) => box[floor(at / 28) - down]?.[at % 28 - right] ?? 0) };
}

// A canvas under its name, and a mark that can be put over some of its rows and columns.
function board(role, name, more, pixel, properties) {
  const mark = h("i"), canvas = h("canvas", {
    tabindex: 0, role: "application", "aria-label": `${name}, ${more}`,
    style: `width:${properties.width * pixel}px`, ...properties,
  });
  const put = (box) => (mark.style = box ? ["top", "height", "left", "width"]
    .map((edge, i) => `${edge}:${box[i] * pixel}px`).join(";") : "display:none"),
    node = h("div", { class: role }, h("small", {}, name, h("br"), more),
    h("div", {}, canvas, mark));
  return { canvas, put, node };
}

// All numbers of a layer, map by map; visit([m, i, j]) is called for the one that is pointed at or
// reached with the arrow keys, visit() when none is any more.
function plane(role, { name, relu, to: [count, n] }, across, pixel, visit) {
  const pitch = n > 1 ? n + 1 : 1, width = across * pitch, height = ceil(count / across) * pitch;
  const unit = (y, x) => [floor(y / pitch) * across + floor(x / pitch), y % pitch, x % pitch];
  let here = [0, 0];
  // Between two maps lies a line of nothing, which the keys cross.
  function go(y, x, move) {
    const at = unit(y, x);
    if (min(y, x) < 0 || x >= width || at[0] >= count) return;
    if (max(at[1], at[2]) < n) [here] = [[y, x], visit(at)];
    else if (move) go(y + move[0], x + move[1], move);
  }
  const point = ({ offsetX, offsetY }) => go(floor(offsetY / pixel), floor(offsetX / pixel)),
    leave = () => visit(),
    shape = (n > 1 ? [count, n, n].join(" × ") : count) + (relu ? ", ReLU" : "");
  const { canvas, node, put } = board(role, name, shape, pixel, {
    width, height, onpointermove: point, onclick: point, onfocus: () => go(...here),
    onkeydown: (event) => walk(event, (move) => go(here[0] + move[0], here[1] + move[1], move)),
    onpointerleave: leave, onblur: leave,
  });
  function show(values = [], largest = max(1e-9, ...values)) {
    const brush = canvas.getContext("2d"), image = brush.createImageData(width, height);
    range(height * width).forEach((at) => {
      const [m, i, j] = unit(floor(at / width), at % width);
      if (m < count && max(i, j) < n) image.data[4 * at + 3] =
        20 + 235 * max(0, (values[(m * n + i) * n + j] ?? 0) / largest);
    });
    brush.putImageData(image, 0, 0);
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = getComputedStyle(canvas).color;
    brush.fillRect(0, 0, width, height);
  }
  const mark = (at) => put(at && [
    floor(at[0] / across) * pitch + at[1], 1, at[0] % across * pitch + at[2], 1]);
  return { node, put, show, mark };
}

// Call act with the step of an arrow key, or with none for the space bar.
function walk(event, act) {
  const move = { ...moves, " ": [0, 0] }[event.key];
  if (!move) return;
  event.preventDefault();
  act(move);
}

function digit(data) {
  const layers = network(data), last = layers.length - 1;
  let strokes = examples[3], down = false, tip = [7, 7], values, looked;

  const spot = ({ offsetX, offsetY }) => [offsetX, offsetY];
  const pad = board("x", "draw here", "by keys: arrows, space", 1, {
    width: 280, height: 280,
    onpointerdown: (event) => {
      event.target.setPointerCapture(event.pointerId);
      start(spot(event));
    },
    onpointermove: (event) =>
      event.target.hasPointerCapture(event.pointerId) && extend(spot(event)),
    onkeydown: steer, onblur: () => (down = false), ontransitionend: update,
  });
  const ink = pad.canvas.getContext("2d", { willReadFrequently: true }),
    tick = h("input", { type: "checkbox", checked: "", onchange: update }),
    answer = h("p", { role: "status" }), note = h("p", { "aria-live": "polite" }),
    bars = range(10).map(() => h("td"));
  const planes = layers.map((layer, k) => plane(k ? "y" : "x", layer,
    k < last ? floor(sqrt(layer.to[0])) : 1,
    k < last ? ceil((k ? 8 : 25) / sqrt(layer.to[1])) : 26,
    (unit) => look(unit && [k, unit])));

  const load = (news) => update(strokes = news);
  const start = (point) =>
    load([...(examples.includes(strokes) ? [] : strokes), { width: 24, points: [point] }]);
  function extend(point) {
    strokes.at(-1).points.push(point);
    update();
  }
  const shrink = () => load(strokes.map(({ width, points }) => (
    { width: width / 2, points: points.map((point) => point.map((v) => v / 2 + 7)) })));

  // The keys move the pen by 14 × 14 places, 20 apart.
  function steer(event) {
    walk(event, (move) => {
      const switched = event.key === " ";
      tip = tip.map((v, axis) => clamp(v + move[axis], 0, 13));
      down = down !== switched;
      if (down) (switched ? start : extend)(tip.map((v) => 20 * v + 10).reverse());
      pad.put(tip.flatMap((v) => [20 * v, 20]));
      note.textContent = `Pen ${down ? "down" : "up"} at row ${tip[0]}, column ${tip[1]}`;
    });
  }

  // Strokes run smoothly past their points.
  function paint() {
    ink.clearRect(0, 0, 280, 280);
    ink.lineCap = ink.lineJoin = "round";
    ink.strokeStyle = getComputedStyle(pad.canvas).color;
    for (const { width, points } of strokes) {
      ink.lineWidth = width;
      ink.beginPath();
      ink.moveTo(points[0][0] + 0.1, points[0][1]);
      points.forEach(([x, y], i) => {
        const [nextX, nextY] = points[i + 1] ?? [x, y];
        ink.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      });
      ink.stroke();
    }
    return new Uint32Array(ink.getImageData(0, 0, 280, 280).data.buffer).map((v) => v >>> 24);
  }

  function update() {
    const { x, spans } = picture(paint(), tick.checked);
    values = x ? forward(layers, Float32Array.from(x, (v) => v / 255)) : [];
    pad.put(spans?.flat());
    planes.forEach((map, k) => map.show(values[k], k ? undefined : 1));
    const logits = [...values[last] ?? []], largest = max(...logits),
      powers = logits.map((v) => exp(v - largest)), total = powers.reduce((sum, v) => sum + v, 0);
    bars.forEach((bar, i) => {
      const percent = x ? 100 * powers[i] / total : 0;
      bar.style = `--v:${percent}%`;
      bar.textContent = x ? `${percent.toFixed()} %` : "";
    });
    const say = !x ? "nothing drawn" : 100 / total < data.percent ? "not sure"
      : `${logits.indexOf(largest)}`;
    if (answer.textContent !== say) answer.replaceChildren(say[1] ? say : h("b", {}, say));
    look(looked);
  }

  // The number that is looked at, and what it looks at.
  function look(at) {
    looked = at;
    const [k, unit] = at ?? [];
    planes.forEach((map, n) => map.mark(n === k && unit));
    note.textContent = "Point at a number, or reach it by Tab and arrow keys.";
    if (!at) return;
    const { name, to: [, n] } = layers[k], [m, i, j] = unit;
    const [[row, high], [column, wide]] = [i, j].map((v) => field(layers, k, v));
    planes[0].put([row, high, column, wide]);
    note.textContent = `${name}[${n > 1 ? unit.join(", ") : m}] = `
      + (values[k]?.[(m * n + i) * n + j] ?? 0).toFixed(2)
      + ` looks at ${high} × ${wide} pixels from row ${row}, column ${column}`;
  }

  queueMicrotask(update);
  return [
    h("div", { class: "cnn-bar" }, button("Clear", () => load([])), button("Into a corner", shrink),
      h("label", {}, tick, " prepare as MNIST was")),
    h("div", { class: "cnn-bar", role: "group", "aria-label": "examples" },
      h("span", {}, "examples"), ...examples.map((drawing, i) => button(i, () => load(drawing)))),
    h("div", { class: "cnn-net" }, pad.node, h("div", {}, planes[0].node, answer),
      planes[last].node, h("div", { class: "y" },
        h("small", {}, "probabilities", h("br"), `sure from ${data.percent} % on`),
        h("table", { style: `--sure:${data.percent}%` },
          ...bars.map((bar, i) => h("tr", {}, h("th", { scope: "row" }, i), bar))))),
    h("div", { class: "cnn-net" }, ...planes.slice(1, -1).map((map) => map.node)),
    note,
  ];
}
