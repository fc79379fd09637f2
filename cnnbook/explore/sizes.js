// The output-size calculator: a stack of layers that the reader edits. Sizes as in
// cnnlib.windows.output_size, parameters and multiply-adds as in cnnlib.nn.Sequential.summary,
// receptive fields as in the chapter on output size.

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
const keysOf = ({ kind }) => [...kinds[kind][1]];
const called = ({ kind }, key) => names[key] ?? names[kind + key];
const pools = ({ kind }) => "ma".includes(kind);
const slides = ({ kind }) => "cma".includes(kind);
const lowest = (key) => +!"pi".includes(key);
const allowed = (key, v) => v >= lowest(key) && v < 1e6 && v % 1 === 0;

// A layer from its text, such as c6k5p2, with PyTorch's defaults; undefined if it makes no sense.
function read(text) {
  if (!/^[xcmafl]\d*([hwkspdi]\d+)*$/.test(text)) return;
  const layer = { kind: text[0] }, pool = pools(layer);
  for (const [, key, digits] of `o${text.slice(1)}`.matchAll(/(\D)(\d+)/g)) layer[key] = +digits;
  const k = layer.k ?? (pool ? 2 : 3), all = { h: 28, w: 28, k, s: pool ? k : 1, p: 0, d: 1, i: 0 };
  Object.assign(layer, { ...all, ...layer });
  if (keysOf(layer).every((key) => allowed(key, layer[key]))) return layer;
}
function readAll(text) {
  const stack = text.split("-").map(read);
  if (stack.every((layer, i) => layer && (layer.kind === "x") === !i)) return stack;
}

// The numbers that are not PyTorch's defaults; and the text of a stack.
function special(layer) {
  const usual = read(`${layer.kind}1k${layer.k}`);
  return keysOf(layer).filter((key) => !"ohw".includes(key) && layer[key] !== usual[key]);
}
function write(layer) {
  const { kind, o, h, w, k } = layer, text = (key) => key + layer[key];
  const always = kind === "x" ? `h${h}w${w}` : slides(layer) ? `k${k}` : "";
  return kind + (o ?? "") + always + special(layer).map(text).join("");
}
const writeAll = (stack) => stack.map(write).join("-");

const product = (a) => a.reduce((x, y) => x * y, 1);
const by = (a) => [...a].join(" × ");
const count = (v) => v.toLocaleString("en");
const span = ({ k, d }) => d * (k - 1) + 1;
const spare = (n, layer) => n + 2 * layer.p - span(layer);

// Why a layer does not take what it gets, in words.
function fault(layer, { shape, sides }) {
  const { kind, k, p, d, i } = layer, [c, height] = shape, side = Math.min(...sides);
  const from = product(sides), maps = by([c / from, ...sides]);
  const got = height ? `maps, ${by(shape)}`
    : `${count(c)} numbers` + (from > 1 ? ` (${maps})` : "");
  if (slides(layer) && !height) return `It needs maps but gets ${got}. Move it above Flatten.`;
  if (kind === "l" && height) {
    return `It needs numbers in a row but gets ${got}. Put Flatten before it.`;
  }
  if (i && i !== c) return `${called(layer, "i")} is ${count(i)} but it gets ${got}.`;
  if (pools(layer) && 2 * p > k) {
    return `Padding in pooling is at most half the kernel, here ${k >> 1}.`;
  }
  if (slides(layer) && spare(side, layer) < 0) {
    return `The kernel spans ${d}·(${k} − 1) + 1 = ${span(layer)} cells, but the padded input has `
      + `only ${side} + 2·${p} = ${side + 2 * p}. `
      + "Less pooling before, more padding, or a smaller kernel?";
  }
}

// What a layer makes of what it gets: its row of the table.
function pass(layer, before) {
  const { kind, o, k, s, h: height, w } = layer;
  if (kind === "x") return {
    shape: [o, height, w], sides: [height, w], parameters: 0, work: 0, field: [1, 1], jump: 1,
  };
  const wrong = before.shape ? fault(layer, before) : "–";
  if (wrong) return { wrong };
  const { shape, sides, field, jump } = before, [c] = shape;
  const after = { f: sides, l: [1, 1] }[kind]
    ?? sides.map((n) => Math.floor(spare(n, layer) / s) + 1);
  const weights = { c: o * c * k * k, l: o * c }[kind] ?? 0;
  const steps = sides.map((n) => ({ f: 0, l: n - 1 })[kind] ?? span(layer) - 1);
  return {
    shape: { f: [product(shape)], l: [o], c: [o, ...after] }[kind] ?? [c, ...after],
    sides: after,
    parameters: weights && weights + o,
    work: weights * product(after),
    field: field.map((r, axis) => r + steps[axis] * jump),
    jump: jump * s,
  };
}

// The arithmetic of a row, in lines; one line for both axes where they agree.
function explain(layer, { shape, sides, field, jump }, row) {
  const { kind, o, k, s, p, d } = layer, [c] = shape, square = slides(layer);
  if (kind === "f") return [`${by(shape)} = ${count(row.shape[0])} numbers in a row`];
  const inputs = square ? `${c}·${k}·${k}` : c;
  const size = (n, axis) => `size ⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1`
    + ` = ⌊${spare(n, layer)} / ${s}⌋ + 1 = ${row.sides[axis]}`
    + (spare(n, layer) % s ? `, ${spare(n, layer) % s} left over` : "");
  const grow = (r, axis) => `receptive field ${r} + `
    + (square ? `${d}·(${k}` : `(${sides[axis]}`) + ` − 1)·${jump} = ${row.field[axis]}`;
  return [...new Set([
    ...square ? sides.map(size) : [],
    ...row.work ? [
      `parameters ${o}·(${inputs} + 1) = ${count(row.parameters)}`,
      `multiply-adds ${o}·${inputs} · ${by(row.sides)} places = ${count(row.work)}`,
    ] : [],
    ...field.map(grow),
    square ? `jump ${jump}·${s} = ${row.jump}` : "",
  ])];
}

function sizes({ code, presets }) {
  let stack, at, rows, results, lines;
  // On a page the first such figure owns #sizes-…, the next one #sizes1-….
  const prefix = `#sizes${document.querySelectorAll(".cnn-link").length || ""}-`;

  const preset = h("select", { onchange: () => open(readAll(presets[preset.value])) },
    ...Object.keys(presets).map((name) => h("option", {}, name)),
    h("option", { hidden: "" }, "own"));
  const status = h("p", { role: "status" });
  const say = (text) => (status.textContent = text);
  const link = h("a", {
    class: "cnn-link", onclick: () => say("The address now leads to this stack."),
  }, "Link to this stack");
  const titles = "layer output parameters multiply-adds field".split(" ");
  const head = h("tr", {}, ...titles.map((name) => h("th", { scope: "col" }, name)));
  const body = h("tbody", {});
  const table = h("table", { class: "cnn-sizes" }, h("thead", {}, head), body);

  function open(news) {
    [stack, at] = [news, 1];
    draw();
  }

  // Lay out the rows, the chosen one with its controls. The control with the text `used` gets the
  // focus again, or row i does.
  function draw(used, i = at) {
    rows = stack.map((_, i) => h("tr", {}, h("th", { scope: "row" }, button("", () => {
      at = at === i ? -1 : i;
      draw("", i);
    }, { "aria-expanded": i === at }))));
    body.replaceChildren(...rows);
    lines = h("div", {});
    const controls = stack[at] ? editor(stack[at]) : [];
    rows[at]?.after(h("tr", {},
      h("td", { colspan: 5 }, h("div", { class: "cnn-bar" }, ...controls), lines)));
    show();
    const again = controls.find((node) => node.textContent === used);
    if (used !== undefined) (again ?? rows[i].querySelector("button")).focus();
  }

  // The controls of a layer.
  function editor(layer) {
    const act = (word, change) => button(word, () => (change(), draw(word)));
    const add = () => stack.splice(++at, 0, read(results[at - 1].shape?.[1] ? "c16" : "l10"));
    const swap = (to) => to && stack[to] && ([stack[at], stack[to], at] = [stack[to], layer, to]);
    const remove = () => (stack.splice(at, 1), at = Math.min(at, stack.length - 1));
    const kind = h("select", { "aria-label": "layer", onchange: () => {
      stack[at] = read(kind.value + (layer.o ?? 16));
      draw(kind.textContent);
    } }, ...[..."cmafl"].map((key) => h("option", { value: key }, kinds[key][0])));
    kind.value = layer.kind;
    const numbers = keysOf(layer).map((key) => number(layer, key));
    return [...(at ? [kind] : []), ...numbers, act("Add below", add), ...(at ? [
      act("Up", () => swap(at - 1)), act("Down", () => swap(at + 1)), act("Remove", remove)] : [])];
  }

  // A number to type in; for the inputs an empty field takes any.
  function number(layer, key) {
    const shown = () => layer[key] || (key === "i" ? "" : 0);
    const input = h("input", {
      type: "number", min: lowest(key), value: shown(), placeholder: "any",
      oninput: () => {
        if (!allowed(key, +input.value) || (key === "p" && !input.value)) return;
        layer[key] = +input.value;
        show();
      },
      onchange: () => (input.value = shown()),
    });
    return h("label", {}, called(layer, key), " ", input);
  }

  // Fill in the table.
  function show() {
    results = [];
    for (const layer of stack) results.push(pass(layer, results.at(-1)));
    const list = (key) => results.map((row) => row[key] ?? 0);
    const sum = (key) => count(list(key).reduce((a, b) => a + b));
    const share = (row, key, role) => h("td", {
      class: role, style: `--v:${row[key] / Math.max(...list(key), 1)}`,
    }, count(row[key]));
    rows.forEach((line, i) => {
      const layer = stack[i], row = results[i], [name] = line.children;
      const notes = special(layer).map((key) => `${called(layer, key)} ${layer[key]}`);
      if (slides(layer)) notes.unshift(`${layer.k}×${layer.k}`);
      name.firstChild.replaceChildren(kinds[layer.kind][0], " ", h("small", {}, notes.join(", ")));
      line.replaceChildren(name, ...(row.shape ? [
        h("td", {}, by(row.shape)), share(row, "parameters", "w"), share(row, "work", ""),
        h("td", {}, by(new Set(row.field))),
      ] : [h("td", { colspan: 4 }, row.wrong)]));
    });
    lines.replaceChildren(...(at && results[at]?.shape
      ? explain(stack[at], results[at - 1], results[at]) : []).map((line) => h("p", {}, line)));
    const text = writeAll(stack), wrong = results.findIndex((row) => row.wrong);
    const same = (name) => writeAll(readAll(presets[name])) === text;
    preset.value = Object.keys(presets).find(same) ?? "own";
    link.href = prefix + text;
    say(wrong < 0 ? `All layers fit: ${sum("parameters")} parameters, ${sum("work")} multiply-adds.`
      : `Layer ${wrong}, ${kinds[stack[wrong].kind][0]}, does not fit. ${results[wrong].wrong}`);
  }

  // Take over the stack that the address holds, if it is for this figure.
  function follow() {
    const [none, text] = location.hash.split(prefix), news = text && readAll(text);
    if (none || !text) return;
    if (!news) say("The address holds no stack that can be read.");
    else if (link.hash !== location.hash) open(news);
    return true;
  }

  open(readAll(code));
  addEventListener("hashchange", follow);
  if (follow()) queueMicrotask(() => link.scrollIntoView());
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "network ", preset), link), status, table,
    h("small", {}, "ReLU and dropout change none of these numbers and are left out."),
  ];
}
