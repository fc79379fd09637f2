// The output-size calculator: a stack of layers that the reader edits. Sizes as in
// cnnlib.windows.output_size, parameters and multiply-adds as in cnnlib.nn.Sequential.summary,
// receptive fields as in the chapter on output size.
//
// The figure is one object: its `presets`, its `state`, which is the stack and the layer chosen
// from it, and on the page its `view`.

// --- A stack and its text ---

// The kinds of layers, and the numbers each one has, by their letters in the address.
const kinds = {
  x: ["input", "ohw"],
  c: ["Conv2d", "okspdi"],
  m: ["MaxPool2d", "kspd"],
  a: ["AvgPool2d", "ksp"],
  f: ["Flatten", ""],
  l: ["Linear", "oi"],
};
const names = {
  h: "height", w: "width", k: "kernel_size", s: "stride", p: "padding", d: "dilation",
  xo: "channels", co: "out_channels", lo: "out_features", ci: "in_channels", li: "in_features",
};
const titleOf = ({ kind }) => kinds[kind][0];
const keysOf = ({ kind }) => [...kinds[kind][1]];
const nameOf = ({ kind }, key) => names[key] ?? names[kind + key];
const isPool = ({ kind }) => kind === "m" || kind === "a";
const isWindowed = (layer) => layer.kind === "c" || isPool(layer);

// Padding may be 0, and so may the inputs, which then are any.
const lowest = (key) => (key === "p" || key === "i" ? 0 : 1);
const isAllowed = (key, v) => v >= lowest(key) && v < 1e6 && v % 1 === 0;

// A layer from its text, such as c6k5p2, with PyTorch's defaults; undefined if it makes no sense.
function read(text) {
  if (!/^[xcmafl]\d*([hwkspdi]\d+)*$/.test(text)) return undefined;
  const kind = text[0];
  const pairs = [...`o${text.slice(1)}`.matchAll(/(\D)(\d+)/g)];
  const given = Object.fromEntries(pairs.map(([, key, digits]) => [key, Number(digits)]));
  const k = given.k ?? (isPool({ kind }) ? 2 : 3);
  const s = isPool({ kind }) ? k : 1;
  const layer = { kind, h: 28, w: 28, k, s, p: 0, d: 1, i: 0, ...given };
  return keysOf(layer).every((key) => isAllowed(key, layer[key])) ? layer : undefined;
}

// A stack, which has its input at the top and nowhere else.
function readAll(text) {
  const stack = text.split("-").map(read);
  const isStack = stack.every((layer, i) => layer && (layer.kind === "x") === (i === 0));
  return isStack ? stack : undefined;
}

// The numbers of a layer that are not PyTorch's defaults.
function special(layer) {
  const usual = read(`${layer.kind}1k${layer.k}`);
  return keysOf(layer).filter((key) => !"ohw".includes(key) && layer[key] !== usual[key]);
}

// The text of a layer, and of a stack.
function write(layer) {
  const { kind, o } = layer;
  const outputs = keysOf(layer).includes("o") ? o : "";
  const always = kind === "x" ? ["h", "w"] : isWindowed(layer) ? ["k"] : [];
  const numbers = [...always, ...special(layer)].map((key) => key + layer[key]);
  return kind + outputs + numbers.join("");
}
const writeAll = (stack) => stack.map(write).join("-");

// --- What a layer makes of what it gets ---

const product = (list) => list.reduce((x, y) => x * y, 1);
const times = (list) => [...list].join(" × ");
const count = (v) => v.toLocaleString("en");

// The cells that a window spans; and how many places it can move on, in what it gets.
const span = ({ k, d }) => d * (k - 1) + 1;
const spare = (n, layer) => n + 2 * layer.p - span(layer);

// Why a layer does not take what it gets, in words.
function fault(layer, before) {
  const { kind, k, p, i } = layer;
  const inputs = before.shape[0];
  const isMaps = before.shape.length === 3;
  if (isWindowed(layer) && !isMaps) {
    return `It needs maps but gets ${describe(before)}. Move it above Flatten.`;
  }
  if (kind === "l" && isMaps) {
    return `It needs numbers in a row but gets ${describe(before)}. Put Flatten before it.`;
  }
  if (i && i !== inputs) {
    return `${nameOf(layer, "i")} is ${count(i)} but it gets ${describe(before)}.`;
  }
  if (isPool(layer) && 2 * p > k) {
    return `Padding in pooling is at most half the window, here ${k >> 1}.`;
  }
  const side = Math.min(...before.sides);
  return isWindowed(layer) && spare(side, layer) < 0 ? tooLarge(layer, side) : undefined;
}

// Maps; or numbers in a row, and the maps that they were, if they were any.
function describe({ shape, sides }) {
  if (shape.length === 3) return `maps, ${times(shape)}`;
  const cells = product(sides);
  const maps = cells > 1 ? ` (${times([shape[0] / cells, ...sides])})` : "";
  return `${count(shape[0])} numbers${maps}`;
}

const tooLarge = ({ k, p, d }, side) =>
  `The window spans ${d}·(${k} − 1) + 1 = ${span({ k, d })} cells, but the padded input has only `
  + `${side} + 2·${p} = ${side + 2 * p}. `
  + "Less pooling before, more padding, or a smaller window?";

// The rows of the table: of each layer the shape, or what is wrong.
function rowsOf(stack) {
  const rows = [];
  for (const layer of stack) rows.push(rowOf(layer, rows.at(-1)));
  return rows;
}

function rowOf(layer, before) {
  if (layer.kind === "x") return inputRow(layer);
  const wrong = before.shape ? fault(layer, before) : "–";
  if (wrong) return { wrong };
  if (layer.kind === "f") return flattened(before);
  return layer.kind === "l" ? connected(layer, before) : windowed(layer, before);
}

// Beside the shape: the sides of the maps, which a Flatten keeps for the Linear behind it; and the
// receptive field and the jump from one to the next, in pixels of the input.
const inputRow = ({ o, h: height, w: width }) => ({
  shape: [o, height, width], sides: [height, width], parameters: 0, work: 0,
  field: [1, 1], jump: 1,
});

const flattened = (before) =>
  ({ ...before, shape: [product(before.shape)], parameters: 0, work: 0 });

function connected({ o }, { shape, sides, field, jump }) {
  const weights = o * shape[0];
  return {
    shape: [o], sides: [1, 1], parameters: weights + o, work: weights,
    field: field.map((extent, axis) => extent + (sides[axis] - 1) * jump), jump,
  };
}

function windowed(layer, { shape, sides, field, jump }) {
  const { kind, o, k, s } = layer;
  const after = sides.map((n) => Math.floor(spare(n, layer) / s) + 1);
  const weights = kind === "c" ? o * shape[0] * k * k : 0;
  return {
    shape: [kind === "c" ? o : shape[0], ...after], sides: after,
    parameters: kind === "c" ? weights + o : 0, work: weights * product(after),
    field: field.map((extent) => extent + (span(layer) - 1) * jump), jump: jump * s,
  };
}

// --- The arithmetic of a row, in lines ---

const explanations = {
  c: explainWindowed, m: explainWindowed, a: explainWindowed,
  f: explainFlattened, l: explainConnected,
};

// One line for both axes where they agree.
const explain = (layer, before, row) =>
  [...new Set(explanations[layer.kind](layer, before, row))];

function explainWindowed(layer, { shape, sides, field, jump }, row) {
  const { kind, k, s, p, d } = layer;
  const size = (n, axis) => {
    const rest = spare(n, layer) % s;
    return `output ⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1`
      + ` = ⌊${spare(n, layer)} / ${s}⌋ + 1 = ${row.sides[axis]}`
      + (rest ? `, ${rest} left over` : "");
  };
  return [
    ...sides.map(size),
    ...(kind === "c" ? explainWeights(layer, `${shape[0]}·${k}·${k}`, row) : []),
    ...field.map((extent, axis) =>
      `receptive field, in pixels, ${extent} + ${d}·(${k} − 1)·${jump} = ${row.field[axis]}`),
    `jump from one output to the next, in pixels, ${jump}·${s} = ${row.jump}`,
  ];
}

function explainFlattened(layer, before, row) {
  return [`${times(before.shape)} = ${count(row.shape[0])} numbers in a row`];
}

function explainConnected(layer, { shape, sides, field, jump }, row) {
  return [
    ...explainWeights(layer, shape[0], row),
    ...field.map((extent, axis) =>
      `receptive field, in pixels, ${extent} + (${sides[axis]} − 1)·${jump} = ${row.field[axis]}`),
  ];
}

const explainWeights = ({ o }, inputs, { parameters, sides, work }) => [
  `parameters ${o}·(${inputs} + 1) = ${count(parameters)}`,
  `multiply-adds ${o}·${inputs} · ${times(sides)} places = ${count(work)}`,
];

// --- Drawing the table ---

// Lay out a line for each layer, the chosen one with its controls below it.
function layOut(figure) {
  const { state: { stack, chosen }, view } = figure;
  view.lines = stack.map((_, i) => h("tr", {}, h("th", { scope: "row" },
    button("", () => choose(figure, i), { "aria-expanded": i === chosen }))));
  view.controls = stack[chosen] ? editor(figure, stack[chosen]) : [];
  view.arithmetic = h("div");
  view.body.replaceChildren(...view.lines);
  view.lines[chosen]?.after(h("tr", {}, h("td", { colspan: 5 },
    h("div", { class: "cnn-bar" }, ...view.controls), view.arithmetic)));
  draw(figure);
}

// Write what the stack gives into what is laid out.
function draw(figure) {
  const { state: { stack, chosen }, view } = figure;
  const rows = rowsOf(stack);
  const isExplained = chosen > 0 && rows[chosen].shape;
  const texts = isExplained ? explain(stack[chosen], rows[chosen - 1], rows[chosen]) : [];
  view.lines.forEach((line, i) => drawLine(line, stack[i], rows[i], rows));
  view.arithmetic.replaceChildren(...texts.map((text) => h("p", {}, text)));
  view.preset.value = presetOf(figure) ?? "own";
  view.link.set(writeAll(stack));
  say(figure, judge(stack, rows));
}

function drawLine(line, layer, row, rows) {
  const [name] = line.children;
  const notes = special(layer).map((key) => `${nameOf(layer, key)}\u00a0${layer[key]}`);
  if (isWindowed(layer)) notes.unshift(`${layer.k}×${layer.k}`);
  name.firstChild.replaceChildren(titleOf(layer), " ", h("small", {}, notes.join(", ")));
  line.replaceChildren(name, ...(row.shape ? [
    h("td", {}, times(row.shape)),
    share(row, "parameters", rows),
    share(row, "work", rows),
    h("td", {}, times(new Set(row.field))),
  ] : [h("td", { colspan: 4 }, row.wrong)]));
}

// A number with a bar, as long as its part of the largest in the column.
function share(row, key, rows) {
  const largest = Math.max(1, ...rows.map((other) => other[key] ?? 0));
  return h("td", { style: `--v:${row[key] / largest}` }, count(row[key]));
}

// The name of the preset that the stack is, if it is one.
function presetOf({ presets, state }) {
  const text = writeAll(state.stack);
  return Object.keys(presets).find((name) => writeAll(readAll(presets[name])) === text);
}

// What the stack comes to, or its first fault.
function judge(stack, rows) {
  const wrong = rows.findIndex((row) => row.wrong);
  if (wrong >= 0) {
    return `Layer ${wrong}, ${titleOf(stack[wrong])}, does not fit. ${rows[wrong].wrong}`;
  }
  const [parameters, work] = ["parameters", "work"].map((key) => total(stack, rows, key));
  return `All layers fit. Parameters: ${parameters}; multiply-adds: ${work}.`;
}

// The sum over all layers, and of this the part of the largest.
function total(stack, rows, key) {
  const numbers = rows.map((row) => row[key]);
  const [whole, largest] = [sum(numbers), Math.max(...numbers)];
  if (!whole) return "0";
  const at = numbers.indexOf(largest);
  const ends = [rows[at - 1], rows[at]].map(({ shape }) => shape[0]).join(" → ");
  const part = (100 * largest / whole).toFixed();
  return `${count(whole)} (${part} % in the ${titleOf(stack[at])} ${ends})`;
}

function say({ view }, text) {
  view.status.textContent = text;
}

// --- The elements ---

function sizes({ code, presets }) {
  const figure = { presets, state: {} };
  figure.view = elements(figure);
  open(figure, readAll(code));
  return arrange(figure);
}

function elements(figure) {
  const { presets } = figure;
  const preset = choice(Object.keys(presets), () => open(figure, readAll(presets[preset.value])));
  preset.append(h("option", { hidden: "" }, "own"));
  const link = linkTo("sizes", "stack", (text) => follow(figure, text));
  link.node.addEventListener("click", () =>
    say(figure, "The address now leads to this stack."));
  return { preset, link, status: h("p", { role: "status" }), body: h("tbody") };
}

function arrange({ view: { preset, link, status, body } }) {
  const titles = ["layer", "output", "parameters", "multiply-adds", "receptive field"];
  const head = h("tr", {}, ...titles.map((name) => h("th", { scope: "col" }, name)));
  return [
    h("p", {}, h("b", {}, "Which layer holds the parameters, which one does the work, and how much "
      + "of the image does an output see?")),
    h("p", {}, "Click or tap a layer to see how its numbers are computed, and to change it."),
    h("div", { class: "cnn-bar" }, h("label", {}, "network ", preset)), status,
    h("table", { class: "cnn-sizes" }, h("thead", {}, head), body),
    h("p", {}, "The longer its bar, the more of a column a layer has. Receptive field: the height "
      + "and width, in pixels, of what an output sees; padding counts, so it can be larger than "
      + "the image. ReLU and dropout change none of these numbers and are left out."),
    link.node,
  ];
}

// The controls of a layer; the input stays where and what it is.
function editor(figure, layer) {
  const { stack } = figure.state;
  const numbers = keysOf(layer).map((key) => numberField(figure, layer, key));
  const act = (word, change) => button(word, () => edit(figure, word, change));
  const addBelow = act("Add below", addLayer);
  if (layer === stack[0]) return [...numbers, addBelow];
  return [
    kindChoice(figure, layer), ...numbers, addBelow,
    act("Up", (state) => moveLayer(state, -1)), act("Down", (state) => moveLayer(state, 1)),
    act("Remove", removeLayer),
  ];
}

// The choice of another kind, which keeps the number of outputs.
function kindChoice(figure, layer) {
  const select = h("select", { "aria-label": "layer", onchange: () => {
    const news = read(select.value + (layer.o ?? 16));
    edit(figure, select.textContent, (state) => state.stack.splice(state.chosen, 1, news));
  } }, ...[..."cmafl"].map((kind) => h("option", { value: kind }, titleOf({ kind }))));
  select.value = layer.kind;
  return select;
}

// A number to type in; for the inputs an empty field takes any.
function numberField(figure, layer, key) {
  const shown = () => (key === "i" && layer.i === 0 ? "" : layer[key]);
  const input = h("input", {
    type: "number", min: lowest(key), value: shown(), placeholder: "any",
    oninput: () => {
      const isMissing = input.value === "" && key !== "i";
      if (isMissing || !isAllowed(key, Number(input.value))) return;
      layer[key] = Number(input.value);
      draw(figure);
    },
    onchange: () => {
      input.value = shown();
    },
  });
  return h("label", {}, nameOf(layer, key), " ", input);
}

// --- Events: each changes the state, then draws ---

function open(figure, stack) {
  figure.state = { stack, chosen: -1 };
  layOut(figure);
}

// Open a layer for editing, or close it. Its line is made anew and gets the focus again.
function choose(figure, i) {
  const { state } = figure;
  state.chosen = state.chosen === i ? -1 : i;
  layOut(figure);
  focusOn(figure, i);
}

const focusOn = ({ view }, i) => view.lines[i].querySelector("button").focus();

// A change by the control of this text, which is made anew and gets the focus again; if it is
// there no more, the line of the layer does.
function edit(figure, text, change) {
  const { state, view } = figure;
  change(state);
  layOut(figure);
  const again = view.controls.find((node) => node.textContent === text);
  if (again) again.focus();
  else focusOn(figure, state.chosen);
}

// Below maps a convolution, below numbers in a row (or a fault) a full connection.
function addLayer(state) {
  const isMaps = rowsOf(state.stack)[state.chosen].shape?.length === 3;
  state.chosen += 1;
  state.stack.splice(state.chosen, 0, read(isMaps ? "c16" : "l10"));
}

function moveLayer(state, by) {
  const { stack, chosen } = state;
  const to = chosen + by;
  if (to < 1 || to >= stack.length) return;
  [stack[chosen], stack[to]] = [stack[to], stack[chosen]];
  state.chosen = to;
}

function removeLayer(state) {
  state.stack.splice(state.chosen, 1);
  state.chosen = Math.min(state.chosen, state.stack.length - 1);
}

// Take over the stack that the address holds, if it can be read.
function follow(figure, text) {
  const stack = readAll(text);
  if (stack) open(figure, stack);
  else say(figure, "The address holds no stack that can be read.");
  return Boolean(stack);
}
