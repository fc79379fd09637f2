// The pooling explorer, forward and backward. The mathematics is that of cnnlib.functional: the
// padding of a maximum is −∞, and the gradient goes to the first maximum, row by row; an average
// pads with 0, and counts these cells or does not. A cell is a place on the padded input.

const kinds = ["maximum", "average", "average of real cells"];
const limits = { window: [1, 3], stride: [1, 3], padding: [0, 1] };
const sum = (values) => values.reduce((total, v) => total + v, 0);
const has = (cells, [i, j]) => cells.some(([p, q]) => p === i && q === j);
const pairs = (rows, columns) => range(rows).flatMap((i) => range(columns).map((j) => [i, j]));

function pooling(data) {
  const s = structuredClone(data), n = [s.x.length, s.x[0].length];
  const ink = Math.max(1, ...s.x.flat());
  let size, windows, grids, chosen;

  const pixel = ([i, j]) => s.x[i - s.padding]?.[j - s.padding];
  const inside = (cell) => pixel(cell) !== undefined;
  const name = (letters, cell) => `${letters}[${cell.map((i) => i - s.padding).join(", ")}]`;

  // A window: its cells, its number y, its gradient v, and the cells that it goes to.
  function look([p, q]) {
    const cells = pairs(s.window, s.window).map(([i, j]) => [p * s.stride + i, q * s.stride + j]);
    const real = cells.filter(inside), values = real.map(pixel), best = Math.max(...values);
    const [first, ...ties] = real.filter((cell) => pixel(cell) === best);
    const to = [[first], cells, real][s.kind], share = to.length;
    const y = s.kind ? sum(values) / share : best;
    return { at: `[${p}, ${q}]`, cells, values, y, v: s.dy[p][q], to, share, ties };
  }
  const readers = (cell, part = "cells") => windows.filter((w) => has(w[part], cell));
  const givers = (cell) => readers(cell, "to");
  const gradient = (cell) => sum(givers(cell).map(({ v, share }) => v / share));

  const kind = h("select", { onchange: () => change({ kind: kind.selectedIndex }) },
    ...kinds.map((name) => h("option", {}, name)));
  const controls = Object.keys(limits).map((name) =>
    stepper(name, ...limits[name], s[name], (value) => change({ [name]: value })));
  const tables = [..."xygg"].map((role) => h("table", { class: role, role: "grid" }));
  const status = h("p", { role: "status" });
  const balance = h("p", {});

  // Take over what is new, and lay out the grids for it.
  function change(news) {
    Object.assign(s, news);
    s.padding = Math.min(s.padding, s.window >> 1);
    Object.keys(limits).forEach((name, i) => controls[i].set(s[name]));
    kind.selectedIndex = s.kind;
    const pad = s.padding, padded = n.map((extent) => extent + 2 * pad);
    size = padded.map((extent) => Math.floor((extent - s.window) / s.stride) + 1);
    s.dy = range(size[0]).map((p) => range(size[1]).map((q) => s.dy[p]?.[q] ?? 1));
    const cell = (...cell) => show({ cell }), window = (p, q) => show({ window: p * size[1] + q });
    grids = [
      pointable(padded, pad, cell, (i, j, key) => edit(s.x[i - pad], j - pad, ink, key)),
      pointable(size, 0, window),
      pointable(padded, pad, cell),
      pointable(size, 0, window, (p, q, key) => edit(s.dy[p], q, 1, key)),
    ];
    ["forward: x", "y", "backward: dx", "dy"].forEach((name, i) => {
      const caption = h("caption", {}, `${name} ${(i % 2 ? size : n).join(" × ")}`);
      tables[i].replaceChildren(caption, grids[i].body);
    });
    show({ window: 0 });
  }

  function edit(row, j, ink, key) {
    const value = retyped(row[j], ink, key);
    if (value === undefined) return false;
    row[j] = value;
    show(chosen);
    return true;
  }

  // Show everything; mark the chosen window and its cells, or the chosen cell and its windows.
  function show(news) {
    chosen = news;
    windows = pairs(...size).map(look);
    const { cell, window } = chosen, one = windows[window];
    const lit = one ? [one] : givers(cell);
    paint(lit, one?.cells ?? [cell], one?.to ?? [cell]);
    status.textContent = one ? forward(one) : backward(cell, lit);
    const sent = sum(s.dy.flat());
    const kept = sum(pairs(...n).map((at) => gradient(at.map((i) => i + s.padding))));
    balance.textContent = (s.kind ? "" : "A dot: the maximum of a window. ")
      + `Sum of dy${outcome(sent)}, sum of dx${outcome(kept)}: `
      + (Math.abs(sent - kept) < 1e-9 ? "what went in comes out."
        : `${short(sent - kept)} went to the padding and is lost.`);
  }

  function paint(lit, read, got) {
    const [x, y, dx, dy] = grids, max = !s.kind;
    const window = (p, q) => windows[p * size[1] + q];
    const on = (p, q) => ({ on: lit.includes(window(p, q)) });
    fill(y, (p, q) => window(p, q).y, on);
    fill(dy, (p, q) => window(p, q).v, on);
    fill(x, (...cell) => pixel(cell) ?? 0, (...cell) => ({
      on: has(read, cell),
      pad: !inside(cell),
      idle: !readers(cell).length,
      won: max && givers(cell).length,
      best: max && lit.some(({ to }) => has(to, cell)),
      tie: max && lit.some(({ ties }) => has(ties, cell)),
    }));
    fill(dx, (...cell) => gradient(cell),
      (...cell) => ({ on: has(got, cell), pad: !inside(cell) }));
    x.body.querySelectorAll(".pad").forEach((td) => td.textContent = ["−∞", "0", ""][s.kind]);
  }

  // What a window makes of its cells, and where its gradient goes.
  function forward({ at, values, y, v, to, share, ties }) {
    const gives = `dy${at}${outcome(v)}`;
    return s.kind
      ? `y${at} = (${values.map(summand).join(" + ")}) / ${share}${outcome(y)}. `
        + `Of ${gives}, each of ${share} cells gets ${short(v)} / ${share}${outcome(v / share)}.`
      : `y${at}${outcome(y)} is the maximum, ${name("x", to[0])}`
        + (ties.length ? `, the first of ${ties.length + 1} equal ones` : "")
        + `. All of ${gives} goes to ${name("dx", to[0])}.`;
  }

  // What a cell gets, and from which windows.
  function backward(cell, lit) {
    const add = (text) =>
      lit.map((w) => text(w) + (w.share > 1 ? ` / ${w.share}` : "")).join(" + ");
    const total = gradient(cell), read = readers(cell).length;
    return name("dx", cell) + (lit.length
      ? ` = ${add(({ at }) => `dy${at}`)} = ${add(({ v }) => summand(v))}`
        + `${outcome(total, ...lit.map(({ v }) => v))}.`
      : ` = 0: ${name("x", cell)} is ` + (read ? `not the maximum of its ${read} windows.`
        : "in no window."));
  }

  change({});
  return [
    h("p", {}, "Point at a number, or walk with the arrow keys. Click or type to change x and dy."),
    h("div", { class: "cnn-bar" }, h("label", {}, "pooling ", kind),
      ...controls.map((c) => c.node), button("dy all ones", () => change({ dy: [] })),
      button("Reset", () => change(structuredClone(data)))),
    h("div", { class: "cnn-row" }, tables[0], h("div", { class: "cnn-bar" }, "→", tables[1])),
    h("div", { class: "cnn-row" }, tables[2], h("div", { class: "cnn-bar" }, "←", tables[3])),
    status, balance,
  ];
}
