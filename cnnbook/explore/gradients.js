// The network backward: how the loss changes with any of its numbers, and whence that comes.

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
