// Shared by all interactive figures: elements, numbers, grids and steppers.

// An element: h("p", {class: "sum", onclick: act}, "text", child).
const h = (tag, properties, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};
const button = (label, act, more) => h("button", { type: "button", onclick: act, ...more }, label);

// At most two decimals, and a real minus sign.
const short = (v) => String(+v.toFixed(2)).replace("-", "−");

const range = (n) => [...Array(n).keys()];
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// The cells of a table, walked with the arrow keys; the outer `border` cells take no part.
// `focus(i, j)` is called when a cell gets the focus, `press(i, j, key)` for a click (key "") or a
// key; it returns whether it used the key.
function grid(rows, columns, border, { focus, press }) {
  let home;
  // Of all cells one is in the tab order.
  const rove = (i, j) => {
    home?.setAttribute("tabindex", -1);
    home = cells[i]?.[j];
    home?.setAttribute("tabindex", 0);
  };
  const type = (i, j, event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) cells[i + move[0]]?.[j + move[1]]?.focus();
    if (move || press?.(i, j, event.key)) event.preventDefault();
  };
  const inside = (i, n) => i >= border && i < n - border;
  const cell = (i, j) => h("td", inside(i, rows) && inside(j, columns) && {
    tabindex: -1,
    onclick: () => press?.(i, j, ""),
    onfocus: () => (rove(i, j), focus?.(i, j)),
    onkeydown: (event) => type(i, j, event),
  });
  const cells = range(rows).map((i) => range(columns).map((j) => cell(i, j)));
  rove(border, border);
  return { cells, rove, body: h("tbody", {}, ...cells.map((row) => h("tr", {}, ...row))) };
}

// Write a grid: value(i, j), shaded by its size; classes(i, j) says which names hold.
function fill({ cells }, value, classes) {
  const values = cells.map((row, i) => row.map((_, j) => value(i, j)));
  const largest = Math.max(...values.flat().map(Math.abs)) || 1;
  cells.forEach((row, i) => row.forEach((cell, j) => {
    const names = classes(i, j), v = names.later ? 0 : values[i][j];
    cell.textContent = names.later ? "" : short(v);
    cell.className = Object.keys(names).filter((name) => names[name]).join(" ");
    cell.style.setProperty("--v", Math.abs(v) / largest);
  }));
}

// A grid whose cells call `focus` also for the one that the mouse is over.
function pointable(sizes, border, focus, press) {
  const made = grid(...sizes, border, { focus, press });
  made.cells.forEach((row, i) => row.forEach((cell, j) =>
    cell.hasAttribute("tabindex") && cell.addEventListener("pointerenter", () => focus(i, j))));
  return made;
}

// What a number becomes by a key: a digit sets it, minus changes its sign, Enter and space and a
// click (key "") switch between `ink` and 0; undefined for another key.
const retyped = (old, ink, key) => (/^\d$/.test(key) ? +key
  : { "": old ? 0 : ink, "-": -old }[key.replace("Enter", "").trim()]);

// A number within a sum; and a result, which may be rounded as the others may be.
const summand = (v) => (v < 0 ? `(${short(v)})` : short(v));
const outcome = (v, ...others) =>
  ([v, ...others].some((v) => Math.abs(+v.toFixed(2) - v) > 1e-9) ? " ≈ " : " = ") + short(v);

// A number between two buttons; they stay reachable at its ends.
function stepper(name, low, high, value, change) {
  const set = (next) => {
    value = clamp(next, low, high);
    shown.textContent = value;
    less.ariaDisabled = value === low;
    more.ariaDisabled = value === high;
  };
  const by = (step) => () => (set(value + step), change(value));
  const less = button("−", by(-1), { "aria-label": `less ${name}` });
  const more = button("+", by(1), { "aria-label": `more ${name}` });
  const shown = h("output", {});
  set(value);
  const label = h("span", {}, name);
  return { node: h("span", { role: "group", "aria-label": name }, label, less, shown, more), set };
}

// A button that plays: it begins, then goes on every `ms` milliseconds, until `pause` is called or
// the figure is taken off the page. While it plays, `status` isn't read aloud.
function player(ms, status, begin, next) {
  let timer;
  const say = (text, live) => [node.textContent, status.ariaLive] = [text, live];
  const pause = () => (timer = clearInterval(timer), say("Play", "polite"));
  const node = button("Play", () => {
    if (timer) return pause();
    timer = setInterval(() => (node.isConnected ? next() : pause()), ms);
    say("Pause", "off");
    begin();
  });
  return { node, pause };
}

// Build the live figure wherever this page shows it.
function mount(key, build, data) {
  for (const root of document.querySelectorAll(`[data-figure="${key}"]:not([data-live])`)) {
    root.dataset.live = "";
    root.replaceChildren(root.querySelector("style"), ...build(data));
  }
}
