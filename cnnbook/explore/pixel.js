// The pixel explorer: the numbers under the digits of a file. It tells the value of a pixel, as a
// byte and prepared for a network, and where it lies: in the image, in the batch and in the file.
//
// The figure is one object: the `images`, bytes one after another, and what else it was `given`,
// its `state`, which is the pixel that was chosen, [image, row, column], and the one that is
// `pointed` at, if any, and on the page its `view`.

const side = 28;
const reach = 2; // how many neighbours are shown on each side

function pixel({ images, pixel: first, ...given }) {
  const figure = { images: bytesOf(images), given, state: { pixel: first } };
  figure.view = elements(figure);
  // The colours are known once the figure is on the page, and change with its theme.
  queueMicrotask(() => draw(figure));
  figure.view.field.canvas.addEventListener("transitionend", () => draw(figure));
  return arrange(figure);
}

const count = ({ images }) => images.length / side ** 2;
const isInside = (i, j) => i >= 0 && j >= 0 && i < side && j < side;
const byteAt = ({ images }, [n, i, j]) => images[(n * side + i) * side + j];

// --- The elements ---

const elements = (figure) => ({
  field: makeField(figure),
  near: makeNear(figure),
  image: stepper("image", 0, count(figure) - 1, 0, (n) =>
    change(figure, { pixel: figure.state.pixel.with(0, n) })),
  facts: h("tbody"),
  status: h("p", { role: "status" }),
  link: linkTo("pixel", "pixel", (code) => open(figure, code)),
});

// The image, in which a pixel is pointed at, clicked or walked to.
function makeField(figure) {
  const layer = { name: "image", to: [1, side] };
  const plane = makePlane("x", layer, 1, 10, (unit, how) => visit(figure, unit, how));
  plane.node.firstChild.remove();
  return plane;
}

// The pixel and its neighbours as numbers, with the numbers of their rows and columns. They can be
// pointed at and clicked as in the picture, which on a phone is easier than to meet them there.
function makeNear(figure) {
  const steps = range(2 * reach + 1).map((step) => step - reach);
  const to = (step, how) => () => go(figure.view.field, how, add(chosenPlace(figure), step));
  const cells = steps.map((down) => steps.map((right) => h("td", {
    onclick: to([down, right], "click"), onpointerenter: to([down, right], "near"),
    onpointerleave: () => visit(figure),
  })));
  const heads = (scope) => steps.map(() => h("th", { scope }));
  const [rows, columns] = [heads("row"), heads("col")];
  const node = h("table", { class: "x" }, h("caption", {}, "its neighbours: rows ↓, columns →"),
    h("tbody", {}, h("tr", {}, h("td", { class: "corner" }), ...columns),
      ...cells.map((row, i) => h("tr", {}, rows[i], ...row))));
  return { node, steps, cells, rows, columns };
}

function arrange(figure) {
  const { field, near, image, facts, status, link } = figure.view;
  return [
    h("p", {}, "Point at a pixel, tap it, or walk with the arrow keys."),
    h("div", { class: "both" }, h("div", {}, image.node, field.node),
      h("div", { class: "cnn-row" }, near.node)),
    status, h("table", { class: "facts" }, facts), h("p", {}, link.node),
  ];
}

// --- Events: each changes the state, then draws ---

const chosenPlace = ({ state: { pixel: [, i, j] } }) => [i, j];

// To point at a pixel shows it for as long; a click and the keys choose it. The neighbours stay
// where they are while one of them is pointed at (how is "near").
function visit(figure, unit, how) {
  const { state: { pixel: [n] } } = figure;
  const visited = unit && [n, ...unit.slice(1)];
  const isChosen = how === "click" || how === "keys";
  const news = isChosen ? { pixel: visited, pointed: undefined } : { pointed: visited };
  change(figure, { ...news, how });
}

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

// The image, the row and the column.
function open(figure, code) {
  const numbers = code.split("-").map(Number);
  const ends = [count(figure), side, side];
  const isThere = numbers.length === 3 && numbers.every((v, k) =>
    Number.isInteger(v) && v >= 0 && v < ends[k]);
  if (isThere) change(figure, { pixel: numbers, pointed: undefined });
  return isThere;
}

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  const shown = state.pointed ?? state.pixel;
  const [n, i, j] = shown;
  const middle = state.how === "near" ? state.pixel : shown;
  drawField(figure, shown, middle);
  drawNear(figure, shown, middle);
  view.image.set(n);
  view.facts.replaceChildren(...factsOf(figure, shown).map(([name, fact]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, fact))));
  view.status.textContent =
    `Row ${i}, column ${j}: images[${n}, ${i}, ${j}] = ${byteAt(figure, shown)}`;
  view.link.set(state.pixel.join("-"));
}

function drawField(figure, [n, i, j], [, ...middle]) {
  const { images, view: { field } } = figure;
  field.here = chosenPlace(figure);
  showPlane(field, images.subarray(n * side ** 2, (n + 1) * side ** 2), 255);
  const near = middle.flatMap((v) => {
    const first = max(0, v - reach);
    return [first, min(side, v + reach + 1) - first];
  });
  putFrames(field, "near", [near]);
  putFrames(field, "here", [[i, 1, j, 1]]);
}

function drawNear(figure, shown, [n, i, j]) {
  const { steps, cells, rows, columns } = figure.view.near;
  const name = (v) => (isInside(v, v) ? v : "–");
  steps.forEach((step, k) => {
    rows[k].textContent = name(i + step);
    columns[k].textContent = name(j + step);
    rows[k].classList.toggle("on", i + step === shown[1]);
    columns[k].classList.toggle("on", j + step === shown[2]);
  });
  cells.forEach((row, p) => row.forEach((cell, q) => {
    const place = [n, i + steps[p], j + steps[q]];
    const value = isInside(...place.slice(1)) ? byteAt(figure, place) : undefined;
    cell.textContent = value ?? "";
    cell.className = value === undefined ? "none" : "";
    cell.style.setProperty("--v", (value ?? 0) / 255);
    cell.classList.toggle("on", String(place) === String(shown));
  }));
}

// What there is to know of a pixel: the arithmetic, and what its numbers are.
function factsOf(figure, [n, i, j]) {
  const { header, mean, std } = figure.given;
  const byte = byteAt(figure, [n, i, j]);
  const part = byte / 255;
  const equals = (v) => `${abs(v - v.toFixed(4)) < 1e-9 ? "=" : "≈"} ${short(v, 4)}`;
  return [
    ["as float", `${byte} / 255 ${equals(part)}`],
    ["normalised", `(${byte} / 255 − ${mean}) / ${std} ${equals((part - mean) / std)}: `
      + "(float − mean) / standard deviation"],
    ["in a batch", `x[${n}, 0, ${i}, ${j}]: image, channel, row, column`],
    ["flattened", `${i} · ${side} + ${j} = ${i * side + j}: row · ${side} + column`],
    ["in the file", `byte ${header} + (${n} · ${side} + ${i}) · ${side} + ${j} = `
      + `${header + (n * side + i) * side + j}: `
      + `header bytes + (image · ${side} + row) · ${side} + column`],
  ];
}
