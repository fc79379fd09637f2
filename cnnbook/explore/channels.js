// The channel explorer: a filter has one kernel for each input map, and adds up what they give.
// The numbers are those of cnnlib.functional.conv2d with stride 1 and no padding.
//
// The figure is one object: the `layer` that it was given, its `state`, which is the output
// y[f, p, q] that is shown and the weight [c, i, j] whose factor is outlined, if any, and on the
// page its `view` and the `grids` in it.

const same = (a, b) => String(a) === String(b);
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

// --- The mathematics -----------------------------------------------------------------------

// The factors of channel c in y[f, p, q], row by row of the kernel.
const factors = ({ x, w }, [f, p, q], c) =>
  w[f][c].flatMap((row, i) => row.map((weight, j) => [x[c][p + i][q + j], weight]));

// What each channel gives to y[f, p, q], and what all and the bias make.
const parts = (layer, place) =>
  layer.x.map((_, c) => sum(factors(layer, place, c).map(([x, w]) => x * w)));
const output = (layer, place) => sum(parts(layer, place)) + layer.b[place[0]];

// What a layer from so many maps to so many filters consists of, with `cells` weights in a kernel.
function count(maps, filters, cells) {
  const number = (value) => value.toLocaleString("en");
  return `${many(maps, "map")} into ${many(filters, "filter")}: `
    + `${filters} · ${maps} = ${number(filters * maps)} kernels, one for each filter and map. `
    + `Each number out is ${many(maps, "sum")} of ${many(cells, "product")} and a bias, added up. `
    + `${many(filters, "map")} out, `
    + `${filters} · (${maps} · ${cells} + 1) = ${number(filters * (maps * cells + 1))} `
    + "numbers to learn.";
}

// --- The elements --------------------------------------------------------------------------

function channels(layer) {
  const figure = { layer, state: { place: [0, 0, 0], met: undefined } };
  figure.grids = grids(figure);
  figure.view = elements(figure);
  draw(figure);
  const { x, w } = layer;
  return [
    h("p", {}, "Point at a number of a map or at a weight, or walk with the arrow keys."),
    figure.view.maps, figure.view.lines, figure.view.status,
    h("p", {}, count(x.length, w.length, w[0][0].flat().length)),
    anyLayer(),
  ];
}

// To point at an output shows its sum; to point at a weight outlines what it meets there.
function grids(figure) {
  const { x, w } = figure.layer;
  const kernel = shape(w[0][0]);
  const size = shape(x[0]).map((extent, axis) => extent - kernel[axis] + 1);
  const still = (map) => grid(...shape(map), Math.max(...shape(map)), {});
  return {
    inputs: x.map(still),
    kernels: w.map((filter, f) => filter.map((_, c) => pointable(kernel, 0, (i, j) => {
      const [, p, q] = figure.state.place;
      show(figure, [f, p, q], [c, i, j]);
    }))),
    outputs: w.map((_, f) => pointable(size, 0, (p, q) => show(figure, [f, p, q]))),
  };
}

function elements({ layer: { x, w, b, names }, grids }) {
  const sums = w.map(() => x.map(() => h("b")));
  const filters = w.map((_, f) => h("div",
    { class: "filter", role: "group", "aria-label": `filter ${f}` },
    ...x.map((_, c) => h("div", {}, live("w", `w[${f}, ${c}]`, grids.kernels[f][c]), sums[f][c])),
    h("div", {}, "+", titled("w", "bias", h("tr", {}, h("td", {}, short(b[f])))),
      "=", live("y", `map y[${f}]`, grids.outputs[f]))));
  const inputs = x.map((_, c) => titled("x", names[c], grids.inputs[c].body));
  const style = `--m:${x.length}`;
  return {
    sums, filters,
    maps: h("div", { class: "cnn-row maps", style }, ...inputs, ...filters),
    lines: h("div", { class: "lines" }),
    status: h("p", { role: "status" }),
  };
}

const titled = (role, name, body, more) =>
  h("table", { class: role, ...more }, h("caption", {}, name), body);
const live = (role, name, { body }) => titled(role, name, body, { role: "grid" });

// Any layer: as many maps and filters as the reader likes, and a square for each kernel.
function anyLayer() {
  const layer = { maps: 16, filters: 36, "kernel size": 5 };
  const limits = { maps: [1, 64], filters: [1, 64], "kernel size": [1, 64] };
  const answer = h("p", { "aria-live": "polite" });
  const squares = h("div", { class: "squares w", role: "img" });

  function change(news) {
    Object.assign(layer, news);
    const { maps, filters, "kernel size": size } = layer;
    answer.textContent = count(maps, filters, size * size);
    squares.style.cssText = `--m:${maps};--f:${filters}`;
    squares.ariaLabel = `${many(filters, "row")} of ${many(maps, "square")}: a row is a filter`;
  }

  change({});
  const controls = h("div", { class: "cnn-bar" }, ...steppers(limits, layer, change).nodes);
  return h("div", { class: "layer" }, h("div", {}, controls, answer), squares);
}

// --- Events --------------------------------------------------------------------------------

function show(figure, place, met) {
  figure.state = { place, met };
  draw(figure);
}

// --- Drawing -------------------------------------------------------------------------------

function draw(figure) {
  const { layer, state: { place }, grids, view } = figure;
  const [f, p, q] = place;
  drawInputs(figure);
  layer.w.forEach((_, g) => drawFilter(figure, g));
  grids.outputs[f].rove(p, q);
  view.lines.replaceChildren(...layer.x.flatMap((_, c) => spell(figure, c)));
  const terms = [...parts(layer, place), layer.b[f]];
  view.status.textContent = `y[${place.join(", ")}] = ${terms.map(summand).join(" + ")}`
    + outcome(output(layer, place), ...terms);
}

// The window in each map, and in it the pixel that the outlined weight meets.
function drawInputs({ layer: { x, w }, state: { place: [, p, q], met }, grids }) {
  const [tall, wide] = shape(w[0][0]);
  x.forEach((map, c) => fill(grids.inputs[c], (i, j) => map[i][j], (i, j) => ({
    on: i >= p && i < p + tall && j >= q && j < q + wide,
    met: same(met, [c, i - p, j - q]),
  })));
}

// A filter: its kernels, what each of them gives, and its map; lit if it is the one shown.
function drawFilter({ layer, state: { place, met }, grids, view }, g) {
  const on = place[0] === g;
  const given = parts(layer, place);
  view.filters[g].classList.toggle("on", on);
  fill(grids.outputs[g], (p, q) => output(layer, [g, p, q]), (p, q) => ({
    on: same(place, [g, p, q]),
  }));
  layer.w[g].forEach((kernel, c) => {
    fill(grids.kernels[g][c], (i, j) => kernel[i][j], (i, j) => ({
      on, met: on && same(met, [c, i, j]),
    }));
    const sign = c ? "+ " : "";
    view.sums[g][c].textContent = on ? sign + summand(given[c]) : "";
  });
}

// The products of a channel, and their sum.
function spell({ layer, state: { place, met } }, c) {
  const pairs = factors(layer, place, c);
  const wide = layer.w[0][0][0].length;
  const term = ([x, w], n) => h("span",
    same(met, [c, Math.floor(n / wide), n % wide]) && { class: "met" },
    h("span", { class: "x" }, short(x)), "·", h("span", { class: "w" }, summand(w)));
  return [
    h("span", {}, layer.names[c]),
    h("div", { class: "cnn-sum" },
      ...pairs.flatMap((pair, n) => [n ? "+" : "", term(pair, n)]),
      outcome(parts(layer, place)[c], ...pairs.flat())),
  ];
}
