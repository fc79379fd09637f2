// The reader: the digit explorer without its instruments. What is drawn lights up the layers, one
// after the other from left to right, and last the answer.

const isNarrow = matchMedia("(max-width: 480px)").matches;

function reader(data) {
  const figure = begin(data);
  figure.view = {
    ...elements(figure, 0.6),
    planes: figure.layers.map((layer) => makeColumn(figure, layer)),
    prepare: { checked: true },
  };
  figure.view.pad.canvas.addEventListener("pointerup", () => light(figure));
  queueMicrotask(() => {
    draw(figure);
    light(figure);
  });
  return arrangeReader(figure);
}

// The numbers of a layer, small enough to stand beside the others, under how many there are.
function makeColumn(figure, layer) {
  const { name, to: [maps, rows] } = layer;
  const size = isNarrow ? 1.5 : 2;
  const [across, pixel] = rows > 1 ? [floor(sqrt(maps)), size] : [6, 4];
  const k = figure.layers.indexOf(layer);
  const visit = (place) => {
    const unit = place && { k, place };
    look(figure, unit);
    const isSeen = unit && figure.state.spans;
    putFrames(figure.view.pad, "window", isSeen ? [boxOnPaper(figure, unit)] : []);
  };
  const plane = makePlane("y", layer, across, pixel, visit);
  const count = rows > 1 ? [`${maps} maps`] : [maps, h("br"), "units"];
  plane.node.firstChild.replaceChildren(...(name.startsWith("pool") ? ["pooled"] : count));
  return plane;
}

// What a unit looks at, on the paper: the ink there is that of the picture, stretched.
function boxOnPaper({ layers, state: { values, spans } }, unit) {
  const inked = spansOf(values[0], 28);
  const box = fieldOf(layers, unit);
  return [0, 1].flatMap((axis) => {
    const [[first, extent], [from, count]] = [spans[axis], inked[axis]];
    const [start, end] = [box[2 * axis], box[2 * axis] + box[2 * axis + 1]]
      .map((at) => clamp(first + (at - from) * extent / count, 0, paper));
    return [start, end - start];
  });
}

function arrangeReader(figure) {
  const { state, view: { pad, planes, answer, bars, note } } = figure;
  const show = (strokes) => () => {
    load(figure, strokes());
    light(figure);
  };
  pad.node.firstChild.replaceChildren("Draw a digit");
  const next = () => examples[(examples.indexOf(state.strokes) + 1) % 10];
  const undone = () => (examples.includes(state.strokes) ? [] : state.strokes.slice(0, -1));
  return [
    h("div", { class: "cnn-net" },
      pad.node,
      ...planes.slice(1, -1).map(({ node }) => node),
      h("div", { class: "y answer" }, h("small", {}, "It reads"), answer,
        h("table", {}, ...rowsOf(bars)))),
    h("div", { class: "cnn-bar" },
      button("Clear", show(() => [])), button("Undo", show(undone)),
      button("Another digit", show(next))),
    note,
  ];
}

// One layer after the other, and none where the reader has asked for less motion.
function light({ view: { planes, answer } }) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const nodes = [...planes.slice(1, -1).map(({ node }) => node), answer.parentElement];
  nodes.forEach((node, k) => node.animate([{ opacity: 0.1 }, { opacity: 1 }],
    { duration: 250, delay: 150 * k, fill: "backwards" }));
}
