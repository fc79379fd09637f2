// The backward explorer. Along each axis, output p reads pixel u through weight i if
// u = stride · p + i − padding. Each product x · w that y[p, q] is made of gives its two factors
// their share of the gradient: dY[p, q] times the other one. dX and dW are the sums of the shares.

const repeat = (a) => (i, j) => a[i % a.length][j % a[0].length];
const sum = (shares) => shares.reduce((total, { dy, factor }) => total + dy * factor, 0);

function backward(data) {
  const s = { ...data }, [n, k] = [s.x, s.w].map((a) => [a.length, a[0].length]);
  const presets = {
    "as given": repeat(s.dy),
    "all ones": () => 1,
    "one-hot": (p, q) => +(p === size[0] >> 1 && q === size[1] >> 1),
    "your own": repeat(s.dy),
  };
  // What is asked for, dX of a pixel or dW of a weight, and where.
  let weights = false, at = n.map((extent) => extent >> 1);
  let size, x, w, y, left, right, result;

  const preset = h("select", { onchange: () => change() },
    ...Object.keys(presets).map((name) => h("option", {}, name)));
  const control = (name, low, high) =>
    stepper(name, low, high, s[name], (value) => (s[name] = value, change())).node;
  const forward = h("div", { class: "cnn-row" }), sliding = h("div", { class: "cnn-row" });
  const slider = h("input", { type: "range", "aria-label": "slide", oninput: () => {
    const columns = result.cells[0].length;
    go(Math.floor(slider.value / columns), slider.value % columns);
  } });
  const status = h("p", { role: "status" }), how = h("p", {});
  const terms = h("div", { class: "cnn-sum", role: "group", "aria-label": "sum", tabindex: 0 });

  // A matrix with its name; one with a `focus` can be pointed at.
  function board(role, name, sizes, focus, press) {
    const made = pointable(sizes, focus ? 0 : 99, focus, press);
    made.node = h("table", { class: role, ...(focus && { role: "grid" }) },
      h("caption", {}, `${name} ${sizes.join(" × ")}`), made.body);
    return made;
  }

  // Lay out the forward pass for the present steps.
  function change() {
    size = n.map((extent, axis) =>
      Math.floor((extent + 2 * s.padding - k[axis]) / s.stride) + 1);
    s.dy = range(size[0]).map((p) => range(size[1]).map((q) => presets[preset.value](p, q)));
    x = board("x", "x", n, (i, j) => pick(false, i, j));
    w = board("w", "w", k, (i, j) => pick(true, i, j));
    y = board("g", "dY", size, () => {}, edit);
    forward.replaceChildren(x.node, "∗", w.node, "→", y.node);
    slide();
  }

  // Lay out the sliding product that gives dX or dW.
  function slide() {
    const around = n.map((extent, axis) => extent + (weights ? 2 * s.padding : k[axis] - 1));
    const spread = size.map((count) => s.stride * (count - 1) + 1);
    const dy = board("g", "dY with zeros", weights ? spread : around);
    [left, right] = weights
      ? [board("x", "x, padded", around), dy] : [dy, board("w", "w, turned", k)];
    result = board("g", weights ? "dW" : "dX", weights ? k : n, (i, j) => go(i, j));
    sliding.replaceChildren(left.node, "∗", right.node, "=", result.node);
    slider.max = result.cells.flat().length - 1;
    how.textContent = "As a sliding product: "
      + (weights ? "dY, not turned, over x" : "w, turned by 180°, over dY")
      + (s.stride > 1 ? ". Hatched: zeros put in for the stride." : ".");
    go(...at);
  }

  const pick = (weight, i, j) => ([weights, at] = [weight, [i, j]], slide());

  // A click, Enter or space switches a cell of dY, a digit sets it, minus changes its sign.
  function edit(p, q, key) {
    const value = retyped(s.dy[p][q], 1, key);
    if (value === undefined) return false;
    s.dy[p][q] = value;
    presets[preset.value = "your own"] = repeat(s.dy);
    go(...at);
    return true;
  }

  // The shares of a pixel or weight: from which output, by which factor, and where that lies.
  function shares(i, j) {
    const factors = weights ? s.x : s.w;
    const partner = (p, i) =>
      (weights ? s.stride * p + i - s.padding : i + s.padding - s.stride * p);
    return s.dy.flatMap((row, p) => row.map((dy, q) => {
      const a = partner(p, i), b = partner(q, j);
      return { p, q, a, b, dy, factor: factors[a]?.[b] };
    })).filter(({ factor }) => factor !== undefined);
  }

  // Show a pixel or a weight.
  function go(...to) {
    at = to;
    const list = shares(...at);
    const here = (i, j) => ({ on: i === at[0] && j === at[1] });
    const met = (i, j) => ({ on: list.some(({ a, b }) => a === i && b === j) });
    const asked = (i, j) => ({ on: list.some(({ p, q }) => p === i && q === j) });
    fill(x, (i, j) => s.x[i][j], weights ? met : here);
    fill(w, (i, j) => s.w[i][j], weights ? here : met);
    fill(y, (p, q) => s.dy[p][q], asked);
    weights ? overX(met, asked) : overDY(met);
    fill(result, (i, j) => sum(shares(i, j)), here);
    slider.value = at[0] * result.cells[0].length + at[1];
    result.rove(...at);
    spell(list);
  }

  // dW: dY, spread, over the padded x.
  function overX(met, asked) {
    const pixel = (i, j) => s.x[i - s.padding]?.[j - s.padding];
    fill(left, (i, j) => pixel(i, j) ?? 0, (i, j) =>
      ({ ...met(i - s.padding, j - s.padding), pad: pixel(i, j) === undefined }));
    spread(right, [0, 0], (i, j) => asked(i / s.stride, j / s.stride).on);
  }

  // dX: the turned kernel over dY, spread and padded.
  function overDY(met) {
    const turned = (i, j) => [k[0] - 1 - i, k[1] - 1 - j];
    const under = (i, axis) => i >= at[axis] && i < at[axis] + k[axis];
    fill(right, (i, j) => repeat(s.w)(...turned(i, j)), (i, j) => met(...turned(i, j)));
    spread(left, turned(s.padding, s.padding), (i, j) => under(i, 0) && under(j, 1));
  }

  // Zeros between the cells of dY and around them; the first cell lies at `start`.
  function spread(board, start, on) {
    const value = (i, j) => s.dy[(i - start[0]) / s.stride]?.[(j - start[1]) / s.stride];
    const between = (i, axis) => weights || (i >= start[axis] && i < n[axis] + s.padding);
    fill(board, (i, j) => value(i, j) ?? 0, (i, j) => {
      const zero = value(i, j) === undefined, idle = zero && between(i, 0) && between(j, 1);
      return { on: on(i, j), idle, pad: zero && !idle };
    });
  }

  // The sum with letters, then its products.
  function spell(list) {
    const total = outcome(sum(list), ...list.flatMap(({ dy, factor }) => [dy, factor]));
    const [name, role] = weights ? ["dW", "x"] : ["dX", "w"];
    const index = (p, axis) => `${short(at[axis] + (weights ? -s.padding : s.padding))} `
      + `${weights ? "+" : "−"} ${s.stride > 1 ? s.stride : ""}${p}`;
    status.textContent = `${name}[${at.join(", ")}] = Σ dY[p, q] · `
      + `${role}[${index("p", 0)}, ${index("q", 1)}]${total}`
      + ` (${list.length} of ${size[0] * size[1]} windows)`;
    const factor = (role, v) => h("span", { class: role }, summand(v));
    terms.style.gridTemplateColumns = `repeat(${new Set(list.map(({ q }) => q)).size}, auto)`;
    terms.replaceChildren(...list.map(({ p, q, a, b, dy, factor: v }, i) => h("span", {},
      factor("g", dy), "·", factor(role, v), list[i + 1] ? " +" : h("b", {}, total),
      h("small", {}, `dY[${[p, q]}]·${role}[${[a, b]}]`))));
  }

  change();
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "dY ", preset),
      control("stride", 1, 3), control("padding", 0, 2)),
    h("p", {}, "Point at a pixel of x or a weight of w (or tap, or use the arrow keys)."
      + " Click or type into dY."),
    forward, how, sliding, h("div", { class: "cnn-bar" }, slider), status, terms,
  ];
}
