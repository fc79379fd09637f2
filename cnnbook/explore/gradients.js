// The network backward, and of any number, forward and backward, the terms that it is the sum of.

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

// What the gradient of a unit of layer k comes from: the units of the next layer that read it; none
// if its stride leaves the unit out.
function termsFrom(layers, values, sums, { k, place: [map, i, j] }) {
  const { learned, to, windows } = layers[k + 1];
  const [outputs, rows] = to;
  const [down, across] = [i, j].map((at) =>
    range(rows).filter((p) => windows[p].low <= at && at < windows[p].high));
  if (!down.length || !across.length) return [];
  const term = (output, p, q) => {
    const place = [output, p, q];
    const weight = weightOf(layers[k + 1], values[k], place, [map, i, j]);
    return { unit: { k: k + 1, place }, value: sums[k + 1][placeOf(to, place)], weight };
  };
  return grouped(learned ? range(outputs) : [map], rows, (output) =>
    down.map((p) => across.map((q) => term(output, p, q))));
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
