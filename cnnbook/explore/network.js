// A network, computed forward, layer by layer. A full connection is computed
// as what it is: a convolution whose window is the whole input. All numbers of a layer lie in one
// array, map by map and row by row.

const { abs, ceil, exp, floor, max, min, round, sqrt } = Math;

// The float16 numbers of a text. Moved to their place in float32, the bits of a float16 give a
// number that is too small by the difference of the two exponents.
function unpack(text) {
  const bits = Uint32Array.from(new Uint16Array(bytesOf(text).buffer),
    (half) => (half & 0x8000) << 16 | (half & 0x7fff) << 13);
  return new Float32Array(bits.buffer).map((v) => v * 2 ** 112);
}

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "/")), (character) => character.charCodeAt());

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

// --- Forward ---

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

// --- Names and places ---

function nameOf(layers, { k, place }) {
  if (k === layers.length) return `p[${place[0]}]`;
  const { name, to: [, rows] } = layers[k];
  return `${name}[${rows > 1 ? place.join(", ") : place[0]}]`;
}

// How many maps stand side by side, so that all of them form about a square.
const acrossOf = (maps) => ceil(sqrt(maps));
