// The shift explorer: a digit to drag; a map of the first convolution, the pooled map and the
// answer follow. Both maps are moved back and compared with those at rest.
//
// The figure is one object: the `layers` up to the last maps, the `head` that reads their means,
// the `image` and the `box` of its ink, what they give at `rest`, its `state`, which is how far the
// digit was moved (down, right) and the map that is shown, and on the page its `view`.

// The layers whose maps are shown.
const compared = [[1, "convolution"], [2, "pooled by 2"]];

function shift({ image, box, head, move, ...data }) {
  const figure = {
    layers: network(data), head: network(head), image: unpack(image), box,
    state: { move, map: 0 },
  };
  figure.rest = respond(figure, [0, 0]);
  figure.view = elements(figure);
  // The colours are known once the figure is on the page, and change with its theme.
  queueMicrotask(() => draw(figure));
  figure.view.field.canvas.addEventListener("transitionend", () => draw(figure));
  return arrange(figure);
}

// --- The network ---

// What the layers make of the moved digit, and the ten probabilities, in percent.
function respond({ layers, head, image }, [down, right]) {
  const [, side] = layers[0].to;
  const x = Float32Array.from(image, (_, at) =>
    cellOf(image, side, floor(at / side) - down, at % side - right) ?? 0);
  const values = forward(layers, x);
  const [maps, rows] = layers.at(-1).to;
  const area = rows * rows;
  const means = range(maps).map((map) =>
    sum([...values.at(-1).subarray(map * area, (map + 1) * area)]) / area);
  const [scores] = forward(head, means);
  const powers = [...scores].map((v) => exp(v - max(...scores)));
  return { values, chances: powers.map((power) => 100 * power / sum(powers)) };
}

// A number of one map; undefined outside of it.
const cellOf = (map, rows, i, j) =>
  (min(i, j) < 0 || max(i, j) >= rows ? undefined : map[i * rows + j]);

// One map of layer k.
function mapOf({ layers, state: { map } }, { values }, k) {
  const [, rows] = layers[k].to;
  return values[k].subarray(map * rows * rows, (map + 1) * rows * rows);
}

const largestIn = (values) => max(...values.map(abs));

// What differs between the map now and that at rest, moved by whole cells; cells that were outside
// are left out. If the move is no multiple of the stride, the best of its neighbours counts.
function differenceOf(figure, now, k) {
  const { layers: { 0: { to: [, side] }, [k]: { to: [, rows] } }, state: { move } } = figure;
  const [old, map] = [figure.rest, now].map((response) => mapOf(figure, response, k));
  const [downs, rights] = move.map((m) => [floor, ceil].map((to) => to(m * rows / side)));
  const tried = downs.flatMap((down) => rights.map((right) => map.map((v, at) =>
    v - (cellOf(old, rows, floor(at / rows) - down, at % rows - right) ?? v))));
  return tried.reduce((best, next) => (largestIn(next) < largestIn(best) ? next : best));
}

// --- The elements ---

const elements = (figure) => ({
  field: makeField(figure),
  stages: compared.map(([k, name]) => ({
    k, name, map: makeMap("y", figure.layers[k]), difference: makeMap("s", figure.layers[k]),
    note: h("small"),
  })),
  bars: range(10).map(() => h("td")),
  stepper: stepper("map", 0, figure.layers[1].to[0] - 1, 0, (map) => change(figure, { map })),
  status: h("p", { role: "status" }),
  link: linkTo("shift", "move", (code) => open(figure, code)),
});

// One map to look at, as large as the others; the line of nothing at its edges takes no room.
function makeMap(role, { name, to: [, rows] }) {
  const pixel = 140 / rows;
  const plane = makePlane(role, { name, to: [1, rows] }, 1, pixel, () => {});
  plane.node.firstChild.remove();
  plane.node.firstChild.style.marginBottom = `calc(${-pixel}px * var(--zoom, 1))`;
  Object.assign(plane.canvas, { tabIndex: -1, role: "img" });
  return plane;
}

// The digit, to be moved by mouse, finger or arrow keys.
function makeField(figure) {
  const plane = makeMap("x", figure.layers[0]);
  const { canvas, width } = plane;
  const at = ({ offsetX, offsetY }) =>
    [offsetY, offsetX].map((v) => v * width / canvas.clientWidth);
  let grip;
  Object.assign(canvas, { tabIndex: 0, role: "application", ariaLabel: "the digit, to be moved" });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    grip = at(event).map((v, axis) => v - figure.state.move[axis]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    change(figure, { move: at(event).map((v, axis) => round(v - grip[axis])) });
  });
  canvas.addEventListener("keydown", (event) =>
    onArrow(event, (step) => change(figure, { move: add(figure.state.move, step) })));
  return plane;
}

// What a colour of the differences says.
const legendLine = (role, text) =>
  h("small", { class: "s" }, h("b", { class: role }, "■"), ` ${text}`);

function arrange(figure) {
  const { field, stages, bars, stepper: { node }, status, link } = figure.view;
  const [maps] = figure.layers[1].to;
  return [
    h("p", {}, "Drag the digit, or use the arrow keys. "
      + "Do convolution and pooling move with it?"),
    h("div", { class: "stages" },
      h("div", {}, h("small", {}, "the digit"), field.node,
        h("small", {}, "box: its ink, which stays in the picture; dashed: before moving"),
        legendLine("plus", "red: higher than before"), legendLine("minus", "blue: lower"),
        legendLine("none", "grey: no difference")),
      ...stages.map(({ name, map, difference, note }) => h("div", {},
        h("small", {}, name), map.node,
        h("small", {}, "difference from the unmoved map, moved along"), difference.node, note)),
      h("div", { class: "y" }, h("small", {}, "it reads (tick: before moving)"), h("table", {},
        ...bars.map((bar, i) => h("tr", {}, h("th", { scope: "row" }, i), bar))))),
    h("div", { class: "cnn-bar" },
      button("Move back", () => change(figure, { move: [0, 0] })),
      h("span", {}, node, ` of 0 to ${maps - 1}`), link.node),
    status,
  ];
}

// --- Events ---

// No ink leaves the field.
function change(figure, news) {
  const { state, box: [top, tall, left, wide], layers: [{ to: [, side] }] } = figure;
  const { move: [down, right], map } = { ...state, ...news };
  const move = [clamp(down, -top, side - tall - top), clamp(right, -left, side - wide - left)];
  Object.assign(state, { move, map });
  draw(figure);
}

// The map, and the row and column where the ink begins.
function open(figure, code) {
  const { layers: [{ to: [, side] }, { to: [maps] }], box: [top, tall, left, wide] } = figure;
  const numbers = code.split("-").map(Number);
  const ends = [maps - 1, side - tall, side - wide];
  const isThere = numbers.length === 3 && numbers.every((v, n) =>
    Number.isInteger(v) && v >= 0 && v <= ends[n]);
  if (isThere) change(figure, { map: numbers[0], move: [numbers[1] - top, numbers[2] - left] });
  return isThere;
}

// --- Drawing ---

function draw(figure) {
  const { rest, box: [top, tall, left, wide], state: { move: [down, right], map }, view } = figure;
  const now = respond(figure, [down, right]);
  const place = [top + down, tall, left + right, wide];
  showPlane(view.field, now.values[0], 1);
  putFrames(view.field, "was", [[top, tall, left, wide]]);
  putFrames(view.field, "here", [place]);
  const largest = view.stages.map((stage) => showStage(figure, now, place, stage));
  view.bars.forEach((bar, i) => {
    bar.style = `--v:${now.chances[i]};--rest:${rest.chances[i]}`;
    bar.textContent = `${short(now.chances[i], 1)} %`;
  });
  view.stepper.set(map);
  view.status.textContent = sentence(figure, now, largest);
  view.link.set([map, place[0], place[2]].join("-"));
}

// Map, frame and difference, which in full colour is as large as the largest number at rest; the
// largest difference.
function showStage(figure, now, place, { k, map, difference, note }) {
  const { layers, rest } = figure;
  const most = max(largestIn(mapOf(figure, rest, k)), 1e-9);
  const differing = differenceOf(figure, now, k);
  const largest = largestIn(differing);
  showPlane(map, mapOf(figure, now, k), most);
  putFrames(map, "here", [place.map((v) => v * layers[k].to[1] / layers[0].to[1])]);
  showPlane(difference, differing, most);
  note.textContent = `largest difference: ${short(largest)}`;
  return largest;
}

function sentence({ rest, state: { move: [down, right] } }, { chances }, largest) {
  const answer = chances.indexOf(max(...chances));
  const [now, before] = [chances, rest.chances].map((all) => `${short(all[answer], 1)} %`);
  const steps = [[down, "up", "down"], [right, "left", "right"]].filter(([step]) => step)
    .map(([step, less, more]) => `${abs(step)} ${step < 0 ? less : more}`);
  if (!steps.length) {
    return `Not moved: the network reads ${answer} with ${now}.`;
  }
  const follows = largest.map((v) => (v
    ? `is off by up to ${short(v)} (pooling by 2 follows even moves only)`
    : "moved with it exactly"));
  // With an even move all maps move, also those pooled by 2, but for what the border adds.
  const isEven = down % 2 === 0 && right % 2 === 0;
  const reason = isEven && now !== before ? " The percentage changes because the next "
    + "convolutions pad with zeros at the border, which did not move." : "";
  return `Moved ${steps.join(" and ")}: the map ${follows[0]}, the pooled map ${follows[1]}, `
    + `and the network reads ${answer} with ${now} (before ${before}).${reason}`;
}
