// The channel explorer: a filter has one kernel for each input map, slides them over the maps, and
// adds up what they give. The numbers are those of cnnlib.functional.conv2d with stride 1 and no
// padding.
//
// The figure is one object: its `layers`, the input and the convolution, with their `values`, its
// `state`, which is the number y[f, p, q] that is shown, the one that is kept and whether the
// kernels are sliding, and on the page its `view`.

const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

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

// --- The elements ---

function channels({ x, place, ...data }) {
  const layers = network(data);
  const figure = { layers, values: forward(layers, unpack(x)), state: { place, isSliding: false } };
  figure.view = elements(figure);
  // The colours are known once the figure is on the page, and change with its theme.
  queueMicrotask(() => show(figure, figure.state.place));
  figure.view.outputs.canvas.addEventListener("transitionend", () => draw(figure));
  return arrange(figure);
}

function elements(figure) {
  const { layers: [input, { to: [filters, rows], kernel }] } = figure;
  const [maps] = input.to;
  const status = h("p", { role: "status" });
  // The window whose middle is pointed at in an input map.
  const around = ([, i, j]) => [i, j].map((at) => clamp(at - floor(kernel / 2), 0, rows - 1));
  return {
    inputs: range(maps).map((map) => makeMap(`map ${map}`, input.to[1],
      (unit, how) => meetAt(figure, unit && around(unit), how))),
    outputs: makePlane("s", { name: "output", to: [filters, rows] }, min(filters, 8), 7,
      (unit, how) => choose(figure, unit, how)),
    kernels: h("small"),
    terms: makeTerms((unit) => meetAt(figure, around(unit.place))),
    slider: h("input", {
      type: "range", min: 0, max: rows * rows - 1, "aria-label": "window",
      oninput: ({ target }) => meetAt(figure, placeAt(figure, Number(target.value))),
    }),
    status,
    player: player(200, status, () => slide(figure), () => slideOn(figure)),
    link: linkTo("channels", "number", (code) => open(figure, code)),
  };
}

// One map, for the mouse and for touch; with the keys one walks in the output.
function makeMap(name, rows, visit) {
  const plane = makePlane("s", { name, to: [1, rows] }, 1, 7, visit);
  Object.assign(plane.canvas, { tabIndex: -1, role: "img" });
  plane.node.firstChild.replaceChildren(name);
  return plane;
}

function arrange({ layers: [{ to: [maps] }, { to: [filters], kernel }], view }) {
  const { inputs, outputs, kernels, terms } = view;
  return [
    h("p", {}, h("b", {}, `How is one number of the ${many(filters, "map")} out made from the `
      + `${many(maps, "map")} in?`)),
    h("p", {}, "Point at or tap any map to move the window, or use the slider. ", ...legend()),
    h("div", { class: "net", style: `--maps:${maps}` },
      h("small", {}, `${many(maps, "map")} in, and the window, the same in each`),
      h("div", { class: "maps" }, ...inputs.map(({ node }) => node)),
      kernels, terms.chips),
    h("div", { class: "terms" }, terms.tables, terms.term),
    view.status, outputs.node,
    h("div", { class: "cnn-bar" }, view.player.node, "window ", view.slider, view.link.node),
    anyLayer({ maps, filters, "kernel size": kernel }),
  ];
}

function legend() {
  const square = (sign) => h("b", { class: sign }, "■");
  return [h("span", { class: "legend s" }, square(""), " above 0 ", square("minus"), " below 0")];
}

// Any layer: as many maps and filters as the reader likes, and a square for each kernel.
function anyLayer(layer) {
  const limits = { maps: [1, 64], filters: [1, 64], "kernel size": [1, 64] };
  const answer = h("p", { "aria-live": "polite" });
  const squares = h("div", { class: "squares w", role: "img" });

  function change(news) {
    Object.assign(layer, news);
    const { maps, filters, "kernel size": size } = layer;
    answer.textContent = count(maps, filters, size * size);
    squares.style.cssText = `--m:${maps};--f:${filters}`;
    squares.ariaLabel = `${many(filters, "row")} of ${many(maps, "square")}`;
  }

  change({});
  const controls = h("div", { class: "cnn-bar" }, ...steppers(limits, layer, change).nodes);
  return h("div", { class: "layer" },
    h("div", {}, h("b", {}, "How many kernels has a layer?"), controls, answer,
      h("p", {}, "Each square is a kernel, each row a filter.")), squares);
}

// --- Events ---

// A number that is shown is kept unless it is pointed at.
function show(figure, place, how) {
  const { state } = figure;
  state.place = place;
  if (how !== "point") state.kept = place;
  draw(figure);
}

// Pointing ends the sliding. Without a place, what is kept comes back.
function choose(figure, place = figure.state.kept, how) {
  halt(figure);
  show(figure, place, how);
}

const meetAt = (figure, at, how) => choose(figure, at && [figure.state.place[0], ...at], how);

function placeAt({ layers: [, { to: [, rows] }] }, at) {
  return [floor(at / rows), at % rows];
}

// From the first window on, or from where it was paused.
function slide(figure) {
  const { state } = figure;
  const place = state.isSliding ? state.place : [state.place[0], 0, 0];
  state.isSliding = true;
  show(figure, place);
}

function slideOn(figure) {
  const { view: { slider }, state: { place: [f] } } = figure;
  const next = Number(slider.value) + 1;
  if (next > Number(slider.max)) halt(figure);
  else show(figure, [f, ...placeAt(figure, next)]);
}

function halt({ state, view }) {
  state.isSliding = false;
  view.player.pause();
}

function open(figure, code) {
  const place = code.split("-").map(Number);
  const [filters, rows] = figure.layers[1].to;
  const isThere = place.length === 3 && place.every((at, axis) =>
    Number.isInteger(at) && at >= 0 && at < (axis ? rows : filters));
  if (isThere) choose(figure, place);
  return isThere;
}

// --- Drawing ---

function draw(figure) {
  const { layers: [, layer], values, state: { place, kept }, view } = figure;
  const [f, p, q] = place;
  const [filters, rows] = layer.to;
  view.slider.value = p * rows + q;
  drawMaps(figure);
  const groups = termsInto(figure.layers, values, { k: 1, place });
  showTerms(view.terms, groups, {
    role: "s", value: "window", weight: "kernel", part: "map",
    unitName: ({ place: [map, i, j] }) => `x[map ${map}, row ${i}, column ${j}]`,
  });
  const title = inUnit(`Filter ${f}: its kernel for each map, and the sum of the products`,
    unitOf(view.terms.sums));
  view.kernels.hidden = groups.length < 2;
  view.kernels.textContent = `${title}. Choose one to see these below.`;
  view.outputs.node.firstChild.textContent =
    `${many(filters, "map")} out, one for each filter; framed: map ${f}, row ${p}, column ${q}`;
  const parts = [...groups.map(({ cells }) => termSum(cells)), layer.b[f]];
  view.status.textContent = `y[map ${f}, row ${p}, column ${q}] = `
    + `${added(parts)} (bias)${equalSign(sum(parts), ...parts)}${fixed(sum(parts))}`;
  view.link.set(kept.join("-"));
}

// A sum as one writes it, with a minus where a number is below zero.
const added = (values) => values.map(fixed).join(" + ").replaceAll("+ −", "− ");

// The maps in and out; while the kernels slide, the map out only as far as they are, and blank
// from there on.
function drawMaps({ layers: [{ to: [, side] }, { to: [, rows], kernel }], values, state, view }) {
  const [x, y] = values;
  const [f, p, q] = state.place;
  const largest = max(...x.map(abs));
  view.inputs.forEach((plane, map) => {
    showPlane(plane, x.subarray(map * side * side, (map + 1) * side * side), largest);
    putFrames(plane, "here", [[p, kernel, q, kernel]]);
  });
  const first = f * rows * rows;
  const last = first + (state.isSliding ? p * rows + q : rows * rows);
  const isMade = (at) => at <= last || at >= first + rows * rows;
  showPlane(view.outputs, y.map((v, at) => (isMade(at) ? v : NaN)), max(...y.map(abs)));
  putFrames(view.outputs, "met", [boxOf(view.outputs, f, [0, rows], [0, rows])]);
  view.outputs.canvas.parentElement.querySelector(".met").append(h("b", {}, `map ${f}`));
  putFrames(view.outputs, "here", [unitBox(view.outputs, state.place)]);
}
