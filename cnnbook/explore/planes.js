// Planes: the numbers of a layer as one picture, map beside map, in which a unit can be pointed at.

// A canvas under its name, and room for frames over some of its rows and columns.
function makeBoard(role, name, more, pixel, properties) {
  const canvas = h("canvas", {
    tabindex: 0, role: "application", "aria-label": `${name}, ${more}`,
    style: `--wide:${properties.width * pixel}px`, ...properties,
  });
  const node = h("div", { class: role }, h("small", {}, name, h("br"), more),
    h("div", {}, canvas));
  return { node, canvas };
}

// A box is the first of its rows, how many, the first column, how many. The frames of a `kind`
// take the place of those that were there.
function putFrames({ canvas }, kind, boxes) {
  const { width, height, parentElement } = canvas;
  const [x, y] = [100 / width, 100 / height];
  parentElement.querySelectorAll(`.${kind}`).forEach((frame) => frame.remove());
  parentElement.append(...boxes.map(([top, tall, left, wide]) => h("i", {
    class: kind,
    style: `top:${top * y}%;height:${tall * y}%;left:${left * x}%;width:${wide * x}%`,
  })));
}

// One frame, or none.
const putFrame = (board, box) => putFrames(board, "frame", box ? [box] : []);

// All numbers of a layer, map by map; visit([map, row, column], how) is called for the one that is
// pointed at (how is "point"), clicked ("click") or reached with the keys ("keys"), visit() when
// none is any more.
function makePlane(role, layer, across, pixel, visit) {
  const { name, relu, to: [maps, rows] } = layer;
  const pitch = rows > 1 ? rows + 1 : 1;
  const [width, height] = [across * pitch, ceil(maps / across) * pitch];
  const size = (rows > 1 ? [maps, rows, rows].join(" × ") : `${maps}`) + (relu ? ", ReLU" : "");
  const leave = () => visit();
  const at = (how) => ({ offsetX, offsetY, target }) => {
    const cell = target.clientWidth / width;
    go(made, how, [floor(offsetY / cell), floor(offsetX / cell)]);
  };
  const made = makeBoard(role, name, size, pixel, {
    width, height, onpointermove: at("point"), onclick: at("click"), onpointerleave: leave,
    onfocus: ({ target }) => target.matches(":focus-visible") && go(made, "keys", made.here),
    onblur: leave,
    onkeydown: (event) => onArrow(event, (move) => go(made, "keys", add(made.here, move), move)),
  });
  const caption = made.node.firstChild.lastChild;
  return Object.assign(made, {
    role, layer, size, caption, across, pitch, width, height, visit, here: [0, 0],
  });
}

const add = (place, move) => place.map((v, axis) => v + move[axis]);

// Call act with the step of an arrow key, or with none for the space bar.
function onArrow(event, act) {
  const move = { ...moves, " ": [0, 0] }[event.key];
  if (!move) return;
  event.preventDefault();
  act(move);
}

// The unit at a place of a plane: its map, and its row and column there.
const unitAt = ({ across, pitch }, [y, x]) =>
  [floor(y / pitch) * across + floor(x / pitch), y % pitch, x % pitch];

// Visit the unit at a place. Between two maps lies a line of nothing, which the keys cross.
function go(plane, how, place, move) {
  const [maps, rows] = plane.layer.to;
  const unit = unitAt(plane, place);
  const [map, i, j] = unit;
  if (min(...place) < 0 || place[1] >= plane.width || map >= maps) return;
  if (max(i, j) < rows) {
    plane.here = place;
    plane.visit(unit, how);
  } else if (move) {
    go(plane, how, add(place, move), move);
  }
}

// Paint the numbers, the largest one in full colour, those below zero in a colour of their own,
// on maps as pale as they are without numbers. A NaN is no number yet, and blank.
function showPlane(plane, values = [], largest = max(1e-9, ...values.map(abs))) {
  const { canvas, width, height } = plane;
  const [maps, rows] = plane.layer.to;
  const brush = canvas.getContext("2d");
  const image = brush.createImageData(width, height);
  const [negative, blank] = [[], []];
  for (const at of range(width * height)) {
    const [map, i, j] = unitAt(plane, [floor(at / width), at % width]);
    if (map < maps && max(i, j) < rows) {
      const v = values[(map * rows + i) * rows + j] ?? 0;
      image.data[4 * at + 3] = 255 * min(1, abs(v / largest));
      if (v < 0) negative.push(at);
      if (Number.isNaN(v)) blank.push(at);
    }
  }
  brush.putImageData(image, 0, 0);
  tint(plane, negative);
  blank.forEach((at) => brush.clearRect(at % width, floor(at / width), 1, 1));
}

// Give the painted numbers their colours, and every map a ground.
function tint(plane, negative) {
  const { canvas, width, height, layer: { to: [maps, rows] } } = plane;
  const { color, caretColor, columnRuleColor } = getComputedStyle(canvas);
  const brush = canvas.getContext("2d");
  const coat = (how, style) => {
    brush.globalCompositeOperation = how;
    brush.fillStyle = style;
  };
  coat("source-in", color);
  brush.fillRect(0, 0, width, height);
  coat("source-atop", caretColor);
  negative.forEach((at) => brush.fillRect(at % width, floor(at / width), 1, 1));
  coat("destination-over", columnRuleColor);
  for (const map of range(maps)) {
    const [top, tall, left, wide] = boxOf(plane, map, [0, rows], [0, rows]);
    brush.fillRect(left, top, wide, tall);
  }
}

// The box of some rows and columns of a map: [first, how many] of each.
function boxOf({ across, pitch }, map, [row, tall], [column, wide]) {
  return [floor(map / across) * pitch + row, tall, map % across * pitch + column, wide];
}

const unitBox = (plane, [map, i, j]) => boxOf(plane, map, [i, 1], [j, 1]);
