// The arithmetic of a network, forward and backward, layer by layer. A full connection is computed
// as what it is: a convolution whose window is the whole input. All numbers of a layer lie in one
// array, map by map and row by row.

const { abs, ceil, exp, floor, max, min, round, sqrt } = Math;

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
function network({ input = [1, 28], layers, weights }) {
  const numbers = unpack(weights);
  let from = input;
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

// Where the number of a unit lies among those of its layer, given the layer's shape.
const placeOf = ([, rows], [map, i, j]) => (map * rows + i) * rows + j;

// What row (or column) `at` of layer k looks at: the first of the picture's rows, and how many.
function field(layers, k, at) {
  const [first, last] = layers.slice(0, k + 1).reduceRight(
    (ends, { from: [, rows], kernel, stride, padding }) => {
      const [low, high] = ends.map((end) => end * stride - padding);
      return [low, high + kernel - 1].map((row) => clamp(row, 0, rows - 1));
    }, [at, at]);
  return [first, last - first + 1];
}

// --- Forward --------------------------------------------------------------------------------

// What all layers make of a picture.
function forward(layers, picture) {
  const values = [];
  for (const layer of layers) values.push(apply(layer, values.at(-1) ?? picture));
  return values;
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

// One number of a pooling layer.
const largestOf = (layer, x, ...window) => x[firstLargest(layer, x, ...window)];

// Where the largest number of a window of one map lies; the first of them, if several are equal.
function firstLargest({ from: [, rows] }, x, map, down, across) {
  let found = -1;
  for (let row = down.low; row < down.high; row++) {
    for (let column = across.low; column < across.high; column++) {
      const at = (map * rows + row) * rows + column;
      if (found < 0 || x[at] > x[found]) found = at;
    }
  }
  return found;
}

// --- Backward -------------------------------------------------------------------------------

// The gradient of the loss -log p[label] for every number of every layer: of the last layer p - t,
// and before it what each layer sends back. `sums` holds the same before the ReLU of the layer.
function backward(layers, values, chances, label) {
  const gradients = [Float32Array.from(chances, (p, i) => p - (i === label))];
  const sums = [];
  for (let k = layers.length - 1; k >= 0; k--) {
    sums.unshift(layers[k].relu
      ? gradients[0].map((dy, at) => (values[k][at] > 0 ? dy : 0)) : gradients[0]);
    if (k) gradients.unshift(sendBack(layers[k], values[k - 1], sums[0]));
  }
  return { gradients, sums };
}

// Each number of the output sends its gradient to the numbers that its window reads.
function sendBack(layer, x, dy) {
  const { learned, to: [maps], windows } = layer;
  const send = learned ? sendToAll : sendToLargest;
  const dx = new Float32Array(x.length);
  let at = 0;
  for (let map = 0; map < maps; map++) {
    for (const down of windows) {
      for (const across of windows) {
        if (dy[at]) send(layer, x, dx, dy[at], map, down, across);
        at += 1;
      }
    }
  }
  return dx;
}

// The mirror of `weigh`: each number gets the gradient times the weight that it was multiplied by.
function sendToAll({ from: [maps, rows], kernel, w }, x, dx, dy, output, down, across) {
  for (let map = 0; map < maps; map++) {
    for (let row = down.low; row < down.high; row++) {
      const cells = (map * rows + row) * rows;
      const line = (output * maps + map) * kernel + row - down.start;
      const weights = line * kernel - across.start;
      for (let column = across.low; column < across.high; column++) {
        dx[cells + column] += w[weights + column] * dy;
      }
    }
  }
}

function sendToLargest(layer, x, dx, dy, ...window) {
  dx[firstLargest(layer, x, ...window)] += dy;
}

// --- One unit and its terms -----------------------------------------------------------------

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

// What the gradient of a unit of layer k comes from: the units of the next layer that read it.
function termsFrom(layers, values, sums, { k, place: [map, i, j] }) {
  const { learned, to, windows } = layers[k + 1];
  const [outputs, rows] = to;
  const readers = (at) => range(rows).filter((p) => windows[p].low <= at && at < windows[p].high);
  const term = (output, p, q) => {
    const place = [output, p, q];
    const weight = weightOf(layers[k + 1], values[k], place, [map, i, j]);
    return { unit: { k: k + 1, place }, value: sums[k + 1][placeOf(to, place)], weight };
  };
  return grouped(learned ? range(outputs) : [map], rows, (output) =>
    readers(i).map((p) => readers(j).map((q) => term(output, p, q))));
}

// By what an output multiplies a number of its input. Pooling takes the largest one as it is.
function weightOf(layer, x, [output, p, q], [map, i, j]) {
  const { learned, from, kernel, windows, w } = layer;
  if (!learned) {
    return Number(firstLargest(layer, x, map, windows[p], windows[q]) === placeOf(from, [map, i, j]));
  }
  const line = (output * from[0] + map) * kernel + i - windows[p].start;
  return w[line * kernel + j - windows[q].start];
}

function grouped(maps, rows, cellsOf) {
  if (rows > 1) return maps.map((map) => ({ map, cells: cellsOf(map) }));
  const across = acrossOf(maps.length);
  const terms = maps.flatMap((map) => cellsOf(map).flat());
  return [{ cells: range(ceil(terms.length / across))
    .map((row) => terms.slice(row * across, (row + 1) * across)) }];
}

function nameOf(layers, { k, place }) {
  if (k === layers.length) return `p[${place[0]}]`;
  const { name, to: [, rows] } = layers[k];
  return `${name}[${rows > 1 ? place.join(", ") : place[0]}]`;
}

// How many maps stand side by side, so that all of them form about a square.
const acrossOf = (maps) => ceil(sqrt(maps));

const termSum = (cells) =>
  sum(cells.flat().map((term) => (term ? term.value * term.weight : 0)));
