// The convolution explorer. The mathematics is that of cnnlib.functional.conv2d: no flip, padding
// on each side, dilation from 1, and a size that is rounded down.
//
// The figure is one object: what it was `given`, the `ink` that a click puts on a pixel, its
// `state`, which is what the reader has made of that, the `layout` that follows from the state, and
// on the page its `view` and the `grids` in it.

const kernels = {
  identity: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  edge: [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
  blur: matrix(3, 3, () => 1 / 9),
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
};
const own = "your own";
const largestKernel = 5; // rows and columns
const limits = { stride: [1, 3], padding: [0, 2], dilation: [1, 3] };

// --- The mathematics ---

// Along one axis: the cells that a window has to spare, which cells of the padded input each
// window reads, and which ones none reads.
function measure(extent, kernel, { stride, padding, dilation }) {
  const padded = extent + 2 * padding;
  const spare = padded - dilation * (kernel - 1) - 1;
  const windows = Math.max(0, Math.floor(spare / stride) + 1);
  const read = range(windows).map((p) => range(kernel).map((i) => p * stride + i * dilation));
  const idle = range(padded).filter((i) => !read.flat().includes(i));
  return { extent, kernel, padded, spare, windows, read, idle };
}

function layOut(state) {
  const [height, width] = shape(state.x);
  const [tall, wide] = shape(state.w);
  const rows = measure(height, tall, state);
  const columns = measure(width, wide, state);
  return { rows, columns, last: Math.max(0, rows.windows * columns.windows - 1) };
}

// A pixel of the padded input, undefined on the padding.
const pixel = ({ x, padding }, i, j) => x[i - padding]?.[j - padding];

// The factors of y[p, q], row by row of the kernel, and the sum of their products.
const factors = ({ state, layout: { rows, columns } }, p, q) =>
  state.w.flatMap((weights, i) => weights.map((weight, j) =>
    [pixel(state, rows.read[p][i], columns.read[q][j]) ?? 0, weight]));
const total = (pairs) => sum(pairs.map(([x, w]) => x * w));

// The place [p, q] of the window that is shown; [0, 0] also where no window fits.
function place({ state: { at }, layout: { columns } }) {
  const width = columns.windows || 1;
  return [Math.floor(at / width), at % width];
}

// --- The elements ---

function convolution(data) {
  const figure = { given: data, state: { ...structuredClone(data), at: 0 } };
  figure.ink = Math.max(1, ...data.x.flat());
  figure.presets = presetsOf(data.w);
  figure.view = elements(figure);
  change(figure, {});
  return arrange(figure);
}

// The kernel that was given comes first, under its own name if it has one.
function presetsOf(given) {
  const known = Object.keys(kernels).find((name) => String(kernels[name]) === String(given));
  return { [known ?? "as given"]: given, ...kernels };
}

function elements(figure) {
  const { presets, state } = figure;
  const preset = choice(Object.keys(presets), () =>
    change(figure, { w: structuredClone(presets[preset.value]) }));
  preset.append(h("option", { hidden: "" }, own));
  const slider = h("input", {
    type: "range", min: 0, "aria-label": "window",
    oninput: () => visit(figure, Number(slider.value)),
  });
  const status = h("p", { role: "status" });
  return {
    preset, slider, status,
    back: button("Back", () => visit(figure, state.at - 1)),
    steps: steppers(limits, state, (news) => change(figure, news)),
    input: h("table", { class: "x", role: "grid", "aria-label": "input" }),
    kernel: h("table", { class: "w", role: "grid", "aria-label": "kernel" }),
    output: h("table", { class: "y", role: "grid", "aria-label": "output" }),
    player: player(500, status, () => begin(figure), () => proceed(figure)),
    products: h("div", { class: "cnn-sum", role: "group", "aria-label": "sum", tabindex: 0 }),
    sizes: h("div"),
    link: linkTo("convolution", "view", (code) => open(figure, code)),
  };
}

function arrange(figure) {
  const { state, view } = figure;
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "kernel ", view.preset), ...view.steps.nodes),
    h("p", {}, "Step or Play slides the kernel. Tap a number of the input to switch it between "
      + `0 and ${figure.ink}, or type a digit; type a weight to change it.`),
    h("div", { class: "cnn-row" }, view.input, "∗", view.kernel, "=", view.output),
    h("div", { class: "cnn-bar" },
      view.back, view.player.node,
      button("Step", () => visit(figure, state.at + 1)),
      button("Reset", () => reset(figure)), view.slider, view.link.node),
    view.status, view.products, view.sizes,
  ];
}

// Grids of the sizes that the layout asks for.
function rebuild(figure) {
  const { state, layout: { rows, columns, last }, view } = figure;
  const input = grid(rows.padded, columns.padded, state.padding, {
    press: (i, j, key) => editPixel(figure, i, j, key),
  });
  const output = grid(rows.windows, columns.windows, 0, {
    focus: (p, q) => visit(figure, p * columns.windows + q),
  });
  figure.grids = { input, output };
  const kernel = typable(state.w, 2, (i, j, value) => editWeight(figure, i, j, value));
  const show = (table, name, size, content) =>
    table.replaceChildren(h("caption", {}, `${name} ${rows[size]} × ${columns[size]}`), content);
  show(view.input, state.padding ? "padded input" : "input", "padded", input.body);
  show(view.kernel, "kernel", "kernel", kernel);
  show(view.output, "output", "windows", output.body);
  view.slider.max = last;
}

// --- Events: each changes the state, then draws ---

// Take over what is new. The figure stays at its window, or at the last one if it was there.
function change(figure, news) {
  const { state } = figure;
  const ended = state.at > 0 && state.at === figure.layout.last;
  Object.assign(state, news);
  figure.layout = layOut(state);
  rebuild(figure);
  const { last } = figure.layout;
  go(figure, ended ? last : Math.min(state.at, last));
}

function reset(figure) {
  const { given, presets, state, view } = figure;
  view.player.pause();
  view.preset.value = Object.keys(presets)[0];
  view.steps.set(given);
  state.at = 0;
  change(figure, structuredClone(given));
}

// A click, Enter or space switches a pixel, a digit sets it, minus changes its sign.
function editPixel(figure, i, j, key) {
  const { ink, state } = figure;
  const value = retyped(pixel(state, i, j), ink, key);
  if (value === undefined) return false;
  state.x[i - state.padding][j - state.padding] = value;
  draw(figure);
  return true;
}

function editWeight(figure, i, j, value) {
  figure.state.w[i][j] = value;
  figure.view.preset.value = own;
  draw(figure);
}

// The address: stride, padding, dilation, window, kernel, and the input if it was changed.
function codeOf({ given, state: { stride, padding, dilation, at, w, x }, view: { preset } }) {
  const kernel = preset.value === own ? w : preset.value;
  return write(stride, padding, dilation, at, kernel, unlessGiven(x, given.x));
}

function open(figure, code) {
  const { given, presets, view } = figure;
  const kernelOf = (text) => nameIn(Object.keys(presets))(text) ?? rowsOf()(text);
  const found = read(code, ...Object.values(limits).map(wholeIn), wholeIn([0, Infinity]), kernelOf,
    optional(rowsOf(shape(given.x)), given.x));
  if (!found) return false;
  const [stride, padding, dilation, at, kernel, x] = found;
  const w = presets[kernel] ?? kernel;
  const news = structuredClone({ stride, padding, dilation, w, x });
  if (Math.max(...shape(w)) > largestKernel || at > layOut(news).last) return false;
  view.preset.value = presets[kernel] ? kernel : own;
  view.steps.set(news);
  change(figure, news);
  visit(figure, at);
  return true;
}

function go(figure, window) {
  figure.state.at = window;
  draw(figure);
}

// Where the reader goes; that ends the playing.
function visit(figure, window) {
  figure.view.player.pause();
  go(figure, clamp(window, 0, figure.layout.last));
}

// Play: from the start again if it was at the end, and no further than the end.
function begin(figure) {
  if (figure.state.at === figure.layout.last) go(figure, 0);
}

function proceed(figure) {
  const { state: { at }, layout: { last } } = figure;
  if (at < last - 1) go(figure, at + 1);
  else visit(figure, last);
}

// --- Drawing ---

function draw(figure) {
  figure.view.slider.value = figure.state.at;
  figure.view.back.ariaDisabled = figure.state.at === 0;
  drawInput(figure);
  drawOutput(figure);
  drawSum(figure);
  figure.view.sizes.replaceChildren(...explain(figure).map((line) => h("p", {}, line)));
  figure.view.link.set(codeOf(figure));
}

function drawInput(figure) {
  const { state, layout: { rows, columns } } = figure;
  const [p, q] = place(figure);
  fill(figure.grids.input, (i, j) => pixel(state, i, j) ?? 0, (i, j) => ({
    on: rows.read[p]?.includes(i) && columns.read[q]?.includes(j),
    pad: pixel(state, i, j) === undefined,
    idle: rows.idle.includes(i) || columns.idle.includes(j),
  }));
}

function drawOutput(figure) {
  const { state, layout: { columns }, grids: { output } } = figure;
  const [p, q] = place(figure);
  fill(output, (i, j) => total(factors(figure, i, j)), (i, j) => ({
    on: i === p && j === q,
    later: i * columns.windows + j > state.at,
  }));
  output.rove(p, q);
}

// The products of the window that is shown, and their sum.
function drawSum(figure) {
  const { state, layout: { rows, columns, last }, view } = figure;
  if (!rows.windows || !columns.windows) {
    view.status.textContent = "No window fits: the kernel is larger than the padded input.";
    view.products.replaceChildren();
    return;
  }
  const [p, q] = place(figure);
  const pairs = factors(figure, p, q);
  const result = outcome(total(pairs), ...pairs.flat());
  view.status.textContent = `Window ${state.at + 1} of ${last + 1}: y[${p}, ${q}]${result}`;
  const end = (n) => (n < pairs.length - 1 ? " +" : h("b", { class: "y" }, result));
  view.products.style.gridTemplateColumns = `repeat(${columns.kernel}, auto)`;
  view.products.replaceChildren(...pairs.map(([x, w], n) => h("span", {},
    h("span", { class: "x" }, short(x)), "·", h("span", { class: "w" }, summand(w)), end(n))));
}

// The size formula with its numbers, once where both axes agree; and what no window reads.
function explain({ state, layout: { rows, columns } }) {
  const height = sizeFormula(state, rows);
  const width = sizeFormula(state, columns);
  const sizes = height === width
    ? [`height and width = ${height}`] : [`height = ${height}`, `width = ${width}`];
  const unread = [...listed("row", rows.idle), ...listed("column", columns.idle)];
  return [...sizes, unread.length
    ? `No window reads ${unread.join(" and ")} (hatched; counted from 0).`
    : "Every input cell is used."];
}

const sizeFormula = ({ stride, padding, dilation }, { extent, kernel, spare, windows }) =>
  `⌊(${extent} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}⌋ + 1`
  + ` = ⌊${short(spare)} / ${stride}⌋ + 1 = ${windows || "none"}`;

// ["rows 5, 6"], or [] if there are none.
function listed(word, numbers) {
  if (!numbers.length) return [];
  return [`${word}${numbers.length > 1 ? "s" : ""} ${numbers.join(", ")}`];
}
