// The photo explorer: a kernel slides over a photograph, or over a picture of the reader's, which
// stays in the page. The numbers are those of cnnlib.functional.conv2d on bytes, with stride 1 and
// no padding.
//
// The figure is one object: the `photograph` and the `kernels` that it was given, its `state`,
// which is the picture, the kernel and the place of the output that is kept, the `output` that
// follows from it, and on the page its `view` and the `grids` in it.

const side = 160; // of a picture of the reader's, at most
const largestKernel = 5; // rows and columns: the least that a picture has
const shownWidth = 320; // of a picture on the page
const own = "your own";

// --- The mathematics ---

// What the kernel makes of a picture, row by row.
function convolve({ width, height, pixels }, kernel) {
  const [tall, wide] = shape(kernel);
  const rows = height - tall + 1;
  const columns = width - wide + 1;
  const y = new Float64Array(rows * columns);
  kernel.forEach((weights, i) => weights.forEach((weight, j) => {
    for (let p = 0; p < rows; p++) {
      const from = (p + i) * width + j;
      for (let q = 0; q < columns; q++) y[p * columns + q] += weight * pixels[from + q];
    }
  }));
  return { height: rows, width: columns, y };
}

// The pixels under the kernel.
function windowOf({ picture: { width, pixels }, kernel }, [p, q]) {
  return matrix(...shape(kernel), (i, j) => pixels[(p + i) * width + q + j]);
}

// Weights that sum to more than 0 make a picture; others leave changes, and these have a sign.
const weightSum = (kernel) => sum(kernel.flat());
const isGrey = (kernel) => weightSum(kernel) > 1e-9;

// --- Pictures ---

// A file as a grey picture: shrunk, each pixel the mean of its red, green and blue.
async function readPicture(file) {
  const image = await createImageBitmap(file).catch(() => {
    throw new Error(`Expected a picture, such as PNG or JPEG, got ${file.name}.`);
  });
  const scale = min(1, side / max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((n) => max(1, round(n * scale)));
  if (min(width, height) < largestKernel) {
    const size = `${largestKernel} × ${largestKernel}`;
    throw new Error(`Expected a picture that is at least ${size} once it is shrunk to ${side}, `
      + `got ${file.name}, then ${height} × ${width}.`);
  }
  const brush = h("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  brush.imageSmoothingQuality = "high";
  brush.fillStyle = "#fff"; // shows where the picture is transparent
  brush.fillRect(0, 0, width, height);
  brush.drawImage(image, 0, 0, width, height);
  const { data } = brush.getImageData(0, 0, width, height);
  const grey = (at) => round((data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 3);
  return { width, height, pixels: Uint8Array.from(range(width * height), grey) };
}

// --- The elements ---

function photo({ width, height, pixels, kernels, place }) {
  const [name] = Object.keys(kernels);
  const photograph = { width, height, pixels: bytesOf(pixels) };
  const state = { picture: photograph, name, kernel: structuredClone(kernels[name]), place };
  const figure = { photograph, kernels, state };
  figure.view = elements(figure);
  rebuild(figure);
  // The colours are known once the figure is on the page, and change with its theme.
  queueMicrotask(() => renew(figure));
  figure.view.output.canvas.addEventListener("transitionend", () => paintOutput(figure));
  return [arrange(figure)];
}

function elements(figure) {
  const preset = choice(Object.keys(figure.kernels), () =>
    setKernel(figure, preset.value, figure.kernels[preset.value]));
  preset.append(h("option", { hidden: "" }, own));
  const file = h("input", {
    type: "file", accept: "image/*", hidden: "", "aria-label": "own picture",
    onchange: () => {
      receive(figure, file.files[0]);
      file.value = "";
    },
  });
  return {
    preset, file,
    back: button("Photograph", () => show(figure, figure.photograph), { hidden: "" }),
    input: makePicture(figure, meetAround, { tabindex: -1, role: "img" }),
    output: makePicture(figure, meet, {
      onkeydown: (event) => onArrow(event, (move) => meet(figure, add(figure.state.place, move))),
    }),
    window: h("table", { class: "x" }),
    kernel: h("table", { class: "w", role: "grid", "aria-label": "kernel" }),
    products: h("table", { class: "s" }),
    scale: h("p"),
    status: h("p", { role: "status" }),
    sum: h("p", { class: "total" }),
    problem: h("p", { role: "alert" }),
    link: linkTo("photo", "number", (code) => open(figure, code)),
  };
}

// A picture in which one points at a pixel, or taps it.
function makePicture(figure, visit, properties) {
  const at = (how) => ({ offsetX, offsetY, target }) => {
    const cell = target.clientWidth / target.width;
    visit(figure, [floor(offsetY / cell), floor(offsetX / cell)], how);
  };
  return makeBoard("s", "", "", 1, {
    width: 1, height: 1, onpointermove: at("point"), onclick: at("click"),
    onpointerleave: () => meet(figure, figure.state.place), ...properties,
  });
}

function arrange(figure) {
  const { view } = figure;
  const hint = "Point at or tap either picture, or walk in the output with the arrow keys; "
    + "drop a picture here.";
  return h("div", {
    ondragover: (event) => event.preventDefault(),
    ondrop: (event) => {
      event.preventDefault();
      receive(figure, event.dataTransfer.files[0]);
    },
  },
  h("div", { class: "cnn-bar" }, h("label", {}, "kernel ", view.preset),
    button("Own picture…", () => view.file.click()), view.file, view.back, view.link.node),
  h("p", { class: "hint" }, hint),
  view.problem,
  h("div", { class: "cnn-net" }, view.input.node, view.output.node),
  view.scale,
  h("div", { class: "cnn-row" }, view.window, view.kernel, view.products),
  view.status, view.sum);
}

// Tables and pictures of the sizes that the state asks for.
function rebuild(figure) {
  const { state: { picture, kernel }, view } = figure;
  const [tall, wide] = shape(kernel);
  const fit = (board, width, height) => {
    Object.assign(board.canvas, { width, height });
    const pixel = shownWidth / max(picture.width, picture.height);
    board.canvas.style.setProperty("--wide", `${width * pixel}px`);
  };
  fit(view.input, picture.width, picture.height);
  fit(view.output, picture.width - wide + 1, picture.height - tall + 1);
  const show = (table, caption, body) => table.replaceChildren(h("caption", {}, caption), body);
  const fillTable = (table, caption) => {
    const cells = matrix(tall, wide, () => h("td"));
    show(table, caption, h("tbody", {}, ...cells.map((row) => h("tr", {}, ...row))));
    return { cells };
  };
  figure.grids = {
    window: fillTable(view.window, "window"),
    products: fillTable(view.products, "products, square by square"),
  };
  show(view.kernel, "kernel: type to change", typable(kernel, 3, (i, j, value) =>
    editWeight(figure, i, j, value)));
}

// --- Events: each changes the state, then draws ---

// The output of another picture or kernel.
function renew(figure) {
  const { state } = figure;
  figure.output = convolve(state.picture, state.kernel);
  paintInput(figure);
  paintOutput(figure);
  meet(figure, state.place);
}

function show(figure, picture) {
  figure.state.picture = picture;
  figure.view.back.hidden = picture === figure.photograph;
  figure.view.problem.textContent = "";
  rebuild(figure);
  renew(figure);
}

async function receive(figure, file) {
  if (!file) return;
  try {
    show(figure, await readPicture(file));
  } catch ({ message }) {
    figure.view.problem.textContent = message;
  }
}

function setKernel(figure, name, kernel) {
  Object.assign(figure.state, { name, kernel: structuredClone(kernel) });
  figure.view.preset.value = name;
  rebuild(figure);
  renew(figure);
}

function editWeight(figure, i, j, value) {
  figure.state.kernel[i][j] = value;
  figure.state.name = own;
  figure.view.preset.value = own;
  renew(figure);
}

// The pixel of the output at a place, or the nearest one; it is kept unless it is pointed at.
function meet(figure, [p, q], how) {
  const { output: { width, height }, state } = figure;
  const place = [clamp(p, 0, height - 1), clamp(q, 0, width - 1)];
  if (how !== "point") state.place = place;
  draw(figure, place);
}

// The window around a pixel of the input.
function meetAround(figure, [i, j], how) {
  const [tall, wide] = shape(figure.state.kernel);
  meet(figure, [i - floor(tall / 2), j - floor(wide / 2)], how);
}

// The address: row_column_kernel, by its name or by its weights, "1,0;0,-1".
const codeOf = ({ name, kernel, place }) =>
  [...place, name === own ? kernel.join(";") : encodeURIComponent(name)].join("_");

function open(figure, code) {
  const [, p, q, text] = code.match(/^(\d+)_(\d+)_(.+)$/) ?? [];
  const { kernels, photograph, state } = figure;
  const name = Object.keys(kernels).find((known) => encodeURIComponent(known) === text);
  const kernel = kernels[name] ?? kernelFrom(text);
  const [tall, wide] = kernel ? shape(kernel) : [];
  if (!kernel || p > photograph.height - tall || q > photograph.width - wide) return false;
  state.place = [Number(p), Number(q)];
  state.picture = photograph;
  figure.view.back.hidden = true;
  setKernel(figure, name ?? own, kernel);
  return true;
}

// The kernel of a text; undefined if it is none.
function kernelFrom(text = "") {
  const rows = text.split(";").map((row) => row.split(",").map((weight) =>
    (weight ? Number(weight) : NaN)));
  const [tall, wide] = shape(rows);
  const fits = max(tall, wide) <= largestKernel && rows.every((row) => row.length === wide);
  return fits && rows.flat().every(Number.isFinite) ? rows : undefined;
}

// --- Drawing ---

// A grey picture; values below 0 are black, above 255 white.
function paintGrey({ canvas }, values) {
  const brush = canvas.getContext("2d");
  const image = brush.createImageData(canvas.width, canvas.height);
  values.forEach((v, at) => image.data.set([v, v, v, 255], 4 * at));
  brush.putImageData(image, 0, 0);
}

// By sign, in the two colours of the canvas: the largest number in full colour, 0 without.
function paintSigns({ canvas }, values, largest) {
  const { width, height } = canvas;
  const brush = canvas.getContext("2d");
  const { color, caretColor } = getComputedStyle(canvas);
  brush.clearRect(0, 0, width, height);
  for (const [sign, style] of [[1, color], [-1, caretColor]]) {
    const coat = h("canvas", { width, height }).getContext("2d");
    const image = coat.createImageData(width, height);
    values.forEach((v, at) => {
      image.data[4 * at + 3] = 255 * sign * v / largest;
    });
    coat.putImageData(image, 0, 0);
    coat.globalCompositeOperation = "source-in";
    coat.fillStyle = style;
    coat.fillRect(0, 0, width, height);
    brush.drawImage(coat.canvas, 0, 0);
  }
}

function paintInput({ photograph, state: { picture }, view: { input } }) {
  const { width, height, pixels } = picture;
  paintGrey(input, pixels);
  label(input, picture === photograph ? "the photograph" : "your picture, kept in this page",
    `${height} rows × ${width} columns`);
}

function paintOutput({ output: { width, height, y }, state: { kernel }, view }) {
  const total = short(weightSum(kernel));
  if (isGrey(kernel)) {
    paintGrey(view.output, y);
    view.scale.textContent = `The weights sum to ${total}, so the output is painted in grey: `
      + "0 and less is black, 255 and more white.";
  } else {
    const largest = y.reduce((most, v) => max(most, abs(v)), 1e-9);
    paintSigns(view.output, y, largest);
    view.scale.textContent = `The weights sum to ${total}, so the output is painted by sign: `
      + `red above 0, blue below, in full colour at ±${short(largest, 0)}.`;
  }
  label(view.output, "after the kernel", `${height} × ${width}`);
}

function label({ canvas, node }, name, size) {
  node.firstChild.replaceChildren(name, h("br"), size);
  canvas.ariaLabel = `${name}, ${size}`;
}

// The window that is shown, its products and their sum.
function draw(figure, [p, q]) {
  const { output: { width, y }, state, view, grids } = figure;
  const [tall, wide] = shape(state.kernel);
  putFrames(view.input, "here", [[p, tall, q, wide]]);
  putFrames(view.output, "here", [[p, 1, q, 1]]);
  const window = windowOf(state, [p, q]);
  grids.window.cells.forEach((row, i) => row.forEach((cell, j) => {
    const v = window[i][j];
    cell.textContent = v;
    cell.style.cssText = `background:rgb(${v} ${v} ${v});color:${v < 118 ? "#fff" : "#000"}`;
  }));
  const products = state.kernel.map((row, i) => row.map((weight, j) => window[i][j] * weight));
  fill(grids.products, (i, j) => products[i][j], () => ({}));
  const result = outcome(y[p * width + q], ...products.flat());
  view.status.textContent = `y[row ${p}, column ${q}]${result}`;
  const terms = products.flat().map(summand).join(" + ");
  view.sum.textContent = `The products add up: ${terms}${result}`;
  view.link.set(state.picture === figure.photograph ? codeOf(state) : undefined);
}
