// The channel explorer: a filter has one kernel for each input map, and adds up what they give.
// The numbers are those of cnnlib.functional.conv2d with stride 1 and no padding.

const sum = (values) => values.reduce((total, v) => total + v, 0);
const shape = (a) => [a.length, a[0].length];
const same = (a, b) => `${a}` === `${b}`;
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

// What a layer from c maps to f filters consists of, with `cells` weights in a kernel.
function count(c, f, cells) {
  const n = (v) => v.toLocaleString("en");
  return `${many(c, "map")} into ${many(f, "filter")}: ${f} · ${c} = ${n(f * c)} kernels, one for `
    + `each filter and map. Each number out is ${many(c, "sum")} of ${many(cells, "product")} `
    + `and a bias, added up. ${many(f, "map")} out, `
    + `${f} · (${c} · ${cells} + 1) = ${n(f * (c * cells + 1))} numbers to learn.`;
}

function channels({ x, w, b, names }) {
  const k = shape(w[0][0]), size = shape(x[0]).map((n, axis) => n - k[axis] + 1);
  let f, p, q, met;

  // The factors of channel c in y[f, p, q], row by row of the kernel; what each channel gives.
  const factors = (f, p, q, c) =>
    w[f][c].flatMap((row, i) => row.map((v, j) => [x[c][p + i][q + j], v]));
  const parts = (...at) => x.map((_, c) => sum(factors(...at, c).map(([u, v]) => u * v)));
  const output = (f, ...at) => sum(parts(f, ...at)) + b[f];

  const alive = { role: "grid" };
  const table = (role, name, { body }, more) =>
    h("table", { class: role, ...more }, h("caption", {}, name), body);
  const one = (v) => ({ body: h("tr", {}, h("td", {}, short(v))) });

  const inputs = x.map((map) => grid(...shape(map), 9, {}));
  const kernels = w.map((filter, f) => filter.map((_, c) =>
    pointable(k, 0, (i, j) => show(f, p, q, [c, i, j]))));
  const maps = w.map((_, f) => pointable(size, 0, (p, q) => show(f, p, q)));
  const sums = w.map(() => x.map(() => h("b", {})));
  const filters = w.map((_, f) =>
    h("div", { class: "filter", role: "group", "aria-label": `filter ${f}` },
      ...x.map((_, c) =>
        h("div", {}, table("w", `w[${f}, ${c}]`, kernels[f][c], alive), sums[f][c])),
      h("div", {}, "+", table("w", "bias", one(b[f])), "=",
        table("y", `map y[${f}]`, maps[f], alive))));
  const lines = h("div", { class: "lines" });
  const status = h("p", { role: "status" });

  // Show the sum behind y[f, p, q]; and, if given, what weight [c, i, j] meets there.
  function show(...news) {
    [f, p, q, met] = news;
    const given = parts(f, p, q);
    inputs.forEach((g, c) => fill(g, (i, j) => x[c][i][j], (i, j) => ({
      on: i >= p && i < p + k[0] && j >= q && j < q + k[1],
      met: same(met, [c, i - p, j - q]),
    })));
    filters.forEach((row, g) => {
      const on = f === g;
      row.classList.toggle("on", on);
      fill(maps[g], (i, j) => output(g, i, j), (i, j) => ({ on: on && i === p && j === q }));
      kernels[g].forEach((kernel, c) => {
        fill(kernel, (i, j) => w[g][c][i][j], (i, j) => ({ on, met: on && same(met, [c, i, j]) }));
        sums[g][c].textContent = on ? (c ? "+ " : "") + summand(given[c]) : "";
      });
    });
    maps[f].rove(p, q);
    lines.replaceChildren(...x.flatMap((_, c) => spell(c, given[c])));
    const all = [...given, b[f]], total = output(f, p, q);
    status.textContent = `y[${f}, ${p}, ${q}] = ${all.map(summand).join(" + ")}`
      + outcome(total, ...all);
  }

  // The products of a channel, and their sum.
  function spell(c, total) {
    const list = factors(f, p, q, c);
    const term = ([u, v], n) => h("span",
      same(met, [c, Math.floor(n / k[1]), n % k[1]]) && { class: "met" },
      h("span", { class: "x" }, short(u)), "·", h("span", { class: "w" }, summand(v)));
    return [h("span", {}, names[c]), h("div", { class: "cnn-sum" },
      ...list.flatMap((factors, n) => [n ? "+" : "", term(factors, n)]),
      outcome(total, ...list.flat()))];
  }

  // Any layer: as many maps and filters as the reader likes, and a square for each kernel.
  const layer = { maps: 16, filters: 36, "kernel size": 5 };
  const answer = h("p", { "aria-live": "polite" });
  const squares = h("div", { class: "squares w", role: "img" });
  const controls = Object.keys(layer).map((name) => stepper(name, 1, 64, layer[name], (value) => {
    layer[name] = value;
    tell();
  }).node);
  function tell() {
    const [c, f, n] = Object.values(layer);
    answer.textContent = count(c, f, n * n);
    squares.style.cssText = `--m:${c};--f:${f}`;
    squares.ariaLabel = `${many(f, "row")} of ${many(c, "square")}: a row is a filter`;
  }

  show(0, 0, 0);
  tell();
  return [
    h("p", {}, "Point at a number of a map or at a weight, or walk with the arrow keys."),
    h("div", { class: "cnn-row maps", style: `--m:${x.length}` },
      ...inputs.map((g, c) => table("x", names[c], g)), ...filters),
    lines, status,
    h("p", {}, count(x.length, w.length, k[0] * k[1])),
    h("div", { class: "layer" },
      h("div", {}, h("div", { class: "cnn-bar" }, ...controls), answer), squares),
  ];
}
