// The convolution explorer. The mathematics is that of cnnlib.functional.conv2d: no flip, padding
// on each side, dilation from 1, and a size that is rounded down.

const kernels = {
  identity: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  edge: [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
  blur: range(3).map(() => Array(3).fill(1 / 9)),
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
};
const own = "your own";
const steps = { stride: [1, 3], padding: [0, 2], dilation: [1, 3] };
const shape = (a) => [a.length, a[0].length];

// Along one axis: the cells that a window has to spare, the number of windows, and where cell i
// of window p lies in the padded input.
const spare = (n, k, { padding, dilation }) => n + 2 * padding - dilation * (k - 1) - 1;
const outputSize = (n, k, s) => Math.max(0, Math.floor(spare(n, k, s) / s.stride) + 1);
const position = (p, i, { stride, dilation }) => p * stride + i * dilation;

// The factors of y[p, q], row by row of the kernel, and the sum of their products.
const pixel = (s, i, j) => s.x[i - s.padding]?.[j - s.padding];
const factors = (s, p, q) => s.w.flatMap((row, i) =>
  row.map((w, j) => [pixel(s, position(p, i, s), position(q, j, s)) ?? 0, w]));
const sum = (terms) => terms.reduce((total, [x, w]) => total + x * w, 0);

function convolution(data) {
  const s = structuredClone(data), n = shape(s.x);
  const ink = Math.max(1, ...s.x.flat());
  const given = Object.keys(kernels).find((name) => `${kernels[name]}` === `${s.w}`) ?? "as given";
  const presets = { [given]: data.w, ...kernels };
  let at = 0, k, size, last, read, idle, input, output;

  const tables = ["input", "kernel", "output"].map((name, i) =>
    h("table", { class: "xwy"[i], "aria-label": name, ...(i !== 1 && { role: "grid" }) }));
  const preset = h("select", { onchange: () => change({ w: structuredClone(presets[preset.value]) }) },
    ...Object.keys(presets).map((name) => h("option", {}, name)), h("option", { hidden: "" }, own));
  const controls = Object.keys(steps).map((name) =>
    stepper(name, ...steps[name], s[name], (value) => change({ [name]: value })));
  const slider = h("input", {
    type: "range", min: 0, "aria-label": "window", oninput: () => visit(+slider.value),
  });
  const status = h("p", { role: "status" });
  const { node: play, pause } = player(500, status, () => at === last && go(0),
    () => (at < last - 1 ? go(at + 1) : visit(last)));
  const terms = h("div", { class: "cnn-sum", role: "group", "aria-label": "sum", tabindex: 0 });
  const formula = h("div", {});

  // Take over what is new, and lay out the grids for it.
  function change(news) {
    const ended = at && at === last;
    Object.assign(s, news);
    k = shape(s.w);
    size = n.map((extent, axis) => outputSize(extent, k[axis], s));
    const padded = n.map((extent) => extent + 2 * s.padding);
    read = size.map((count, axis) => range(count).map((p) =>
      range(k[axis]).map((i) => position(p, i, s))));
    idle = padded.map((extent, axis) =>
      range(extent).filter((i) => !read[axis].flat().includes(i)));
    slider.max = last = Math.max(0, size[0] * size[1] - 1);
    input = grid(...padded, s.padding, { press: edit });
    output = grid(...size, 0, { focus: (p, q) => visit(p * size[1] + q) });
    const weights = s.w.map((row, i) => h("tr", {}, ...row.map((w, j) => h("td", {}, weight(i, j)))));
    const show = (i, name, sizes, body) =>
      tables[i].replaceChildren(h("caption", {}, `${name} ${sizes.join(" × ")}`), body);
    show(0, s.padding ? "padded input" : "input", padded, input.body);
    show(1, "kernel", k, h("tbody", {}, ...weights));
    show(2, "output", size, output.body);
    go(ended ? last : Math.min(at, last));
  }

  function reset() {
    pause();
    at = 0;
    preset.value = given;
    Object.keys(steps).forEach((name, i) => controls[i].set(data[name]));
    change(structuredClone(data));
  }

  // A weight to type in: -1, 0.5 or 1/9.
  const weight = (i, j) => h("input", {
    value: short(s.w[i][j]), "aria-label": `weight ${i}, ${j}`,
    onchange: ({ target }) => {
      const [a, b = 1] = target.value.replace("−", "-").replace(",", ".").split("/").map(Number);
      if (target.value && isFinite(a / b)) [s.w[i][j], preset.value] = [a / b, own];
      target.value = short(s.w[i][j]);
      go(at);
    },
  });

  // A click, Enter or space switches a pixel, a digit sets it, minus changes its sign.
  function edit(i, j, key) {
    const value = retyped(pixel(s, i, j), ink, key);
    if (value === undefined) return false;
    s.x[i - s.padding][j - s.padding] = value;
    go(at);
    return true;
  }

  const visit = (window) => (pause(), go(clamp(window, 0, last)));

  // Move to a window and show everything.
  function go(window) {
    at = slider.value = window;
    const p = Math.floor(at / size[1]), q = at % size[1];
    fill(input, (i, j) => pixel(s, i, j) ?? 0, (i, j) => ({
      on: read[0][p]?.includes(i) && read[1][q]?.includes(j),
      pad: pixel(s, i, j) === undefined,
      idle: idle[0].includes(i) || idle[1].includes(j),
    }));
    fill(output, (i, j) => sum(factors(s, i, j)), (i, j) => ({
      on: i === p && j === q,
      later: i * size[1] + j > at,
    }));
    output.rove(p, q);
    status.textContent = "No window fits: the kernel is larger than the padded input.";
    terms.replaceChildren();
    if (size[0] * size[1]) spell(factors(s, p, q), `Window ${at + 1} of ${last + 1}: y[${p}, ${q}]`);
    formula.replaceChildren(...explain().map((line) => h("p", {}, line)));
  }

  // The products and their sum.
  function spell(list, where) {
    const total = outcome(sum(list), ...list.flat());
    const factor = (role, text) => h("span", { class: role }, text);
    const end = (i) => (i < list.length - 1 ? " +" : h("b", { class: "y" }, total));
    terms.style.gridTemplateColumns = `repeat(${k[1]}, auto)`;
    terms.append(...list.map(([x, w], i) => h("span", {},
      factor("x", short(x)), "·", factor("w", summand(w)), end(i))));
    status.textContent = where + total;
  }

  // The size formula with its numbers, once where both axes agree; and what no window reads.
  function explain() {
    const [height, width] = n.map((extent, axis) =>
      ` = ⌊(${extent} + 2·${s.padding} − ${s.dilation}·(${k[axis]} − 1) − 1) / ${s.stride}⌋ + 1`
      + ` = ⌊${short(spare(extent, k[axis], s))} / ${s.stride}⌋ + 1`
      + ` = ${size[axis] || "none"}`);
    const left = ["row", "column"].flatMap((word, axis) => idle[axis].length
      ? `${word}${idle[axis].length > 1 ? "s" : ""} ${idle[axis].join(", ")}` : []);
    return [
      ...(height === width ? ["height and width" + width] : ["height" + height, "width" + width]),
      left.length
        ? `No window reads ${left.join(" and ")} (hatched; counted from 0).` : "Every cell is read.",
    ];
  }

  change({});
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "kernel ", preset), ...controls.map((c) => c.node)),
    h("div", { class: "cnn-row" }, tables[0], "∗", tables[1], "=", tables[2]),
    h("div", { class: "cnn-bar" }, button("Back", () => visit(at - 1)), play,
      button("Step", () => visit(at + 1)), button("Reset", reset), slider),
    status, terms, formula,
  ];
}
