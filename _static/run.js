// A code exercise is solved in the page: a button opens an editor, and one worker for the page runs
// what is written there. Python lies beside the book; nothing of it is loaded before the click.

const SECONDS = 10; // that a run may take
const pythonParts = {}; // by name, each a promise of its bytes
let pythonWorker = null; // a promise of { worker, versions }
let running = null; // the answer that runs

// Each script of Python's folder calls this. An address of data can be fetched on a disk as well.
function receivePart(name, text) {
  pythonParts[name] = fetch(`data:application/gzip;base64,${text}`).then(({ body }) =>
    new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

function loadPart(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`Python cannot be loaded: ${address} is missing.`));
    document.head.append(script);
  });
}

async function startPython(folder, names, tell) {
  for (const [i, name] of names.entries()) {
    tell(`Loading Python, part ${i + 1} of ${names.length} …`);
    if (!pythonParts[name]) await loadPart(`${folder}/${name}.js`);
  }
  tell("Starting Python …");
  const parts = {};
  for (const name of names) parts[name] = await pythonParts[name];
  const scripts = names.filter((name) => name.endsWith(".js"));
  const code = scripts.flatMap((name) => [parts[name], "\n"]);
  const worker = new Worker(URL.createObjectURL(new Blob(code)));
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve({ worker, versions: data.versions });
    worker.onerror = ({ message }) => reject(new Error(`Python cannot start: ${message}`));
    worker.postMessage(parts);
  });
}

// Unlike a new value of an editor, this can be undone.
function typed(text) {
  document.execCommand(text ? "insertText" : "delete", false, text);
}

class Answer {
  constructor(box) {
    Object.assign(this, { box, ...box.dataset });
    const name = this.recall() === null ? "Solve it here" : "Continue your answer";
    box.append(this.button(name, () => this.open()));
  }

  element(name, properties) {
    return Object.assign(document.createElement(name), properties);
  }

  button(textContent, onclick) {
    return this.element("button", { type: "button", textContent, onclick });
  }

  open() {
    const number = this.box.closest(".exercise").querySelector(".caption-number");
    this.number = number.textContent.trim();
    this.editor = this.element("textarea", {
      ariaLabel: `Your answer to ${this.number}`, value: this.recall() ?? this.stub,
      rows: this.stub.split("\n").length + 4, wrap: "off", spellcheck: false,
      autocapitalize: "off", oninput: () => this.keep(), onkeydown: (event) => this.press(event),
    });
    const keys = this.element("p", {
      id: `${this.exercise}-keys`,
      textContent: "Shift + Enter runs it. Tab indents; after Esc, it leaves the editor.",
    });
    this.editor.setAttribute("aria-describedby", keys.id);
    this.runner = this.button("Run", () => this.run());
    this.stopper = this.button("Stop", () => this.stop("Stopped."));
    this.status = this.element("span", { role: "status" });
    const bar = this.element("div");
    bar.append(this.runner, this.stopper, this.button("Undo", () => this.undo()),
      this.button("Start over", () => this.startOver()), this.status);
    this.printed = this.element("pre", { role: "log", ariaLabel: "What it prints" });
    this.box.replaceChildren(this.editor, keys, bar, this.printed);
    this.mark();
    this.editor.focus();
    this.python().then(({ versions }) => this.tell(`Ready: ${versions}.`), this.tell);
  }

  tell = (text) => { this.status.textContent = text.message ?? text; };

  mark() {
    this.runner.ariaDisabled = running === this;
    this.stopper.ariaDisabled = running !== this;
  }

  // --- What the reader wrote stays in the browser, where that is allowed ------------------------

  recall() {
    try { return localStorage.getItem(`answer ${this.exercise}`); } catch { return null; }
  }

  keep() {
    try { localStorage.setItem(`answer ${this.exercise}`, this.editor.value); } catch { /* no */ }
  }

  // A phone has no keys for it.
  undo() {
    this.editor.focus();
    document.execCommand("undo");
  }

  startOver() {
    this.editor.select();
    typed(this.stub);
    try { localStorage.removeItem(`answer ${this.exercise}`); } catch { /* nothing is kept */ }
    this.tell("Reset to the start; undo brings your text back.");
  }

  // --- Keys: as in a notebook, and none of them reaches the page --------------------------------

  press(event) {
    const { key, shiftKey, ctrlKey } = event;
    const isLeaving = this.isEscaped;
    event.stopPropagation();
    this.isEscaped = key === "Escape" || (isLeaving && key === "Shift");
    if (event.isComposing) return;
    if (key === "Tab" && !isLeaving) this.indent(shiftKey);
    else if (key === "Enter") shiftKey || ctrlKey ? this.run() : this.breakLine();
    else return;
    event.preventDefault();
  }

  indent(isOut) {
    const { value, selectionStart, selectionEnd } = this.editor;
    const isOne = selectionStart === selectionEnd;
    if (isOne && !isOut) return typed("    ");
    const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const lines = value.slice(start, selectionEnd);
    this.editor.setSelectionRange(start, selectionEnd);
    typed(isOut ? lines.replace(/^ {1,4}/gm, "") : lines.replace(/^(?=.)/gm, "    "));
    if (!isOne) this.editor.setSelectionRange(start, this.editor.selectionEnd);
  }

  breakLine() {
    const line = this.editor.value.slice(0, this.editor.selectionStart).split("\n").at(-1);
    typed(`\n${line.match(/^ */)[0]}${line.endsWith(":") ? "    " : ""}`);
  }

  // --- Running ----------------------------------------------------------------------------------

  python(tell = this.tell) {
    pythonWorker ??= startPython(this.folder, this.parts.split(" "), tell);
    pythonWorker.catch(() => { pythonWorker = null; });
    return pythonWorker;
  }

  async run() {
    if (running) return running === this || this.tell(`${running.number} is still running.`);
    running = this;
    this.mark();
    this.printed.textContent = "";
    this.tell("Starting Python …");
    try {
      const { worker } = await Promise.race([this.python(), this.stopped()]);
      this.tell("Running …");
      this.tell(await this.answer(worker) ? "Done." : "Python reports an error.");
    } catch (error) {
      this.tell(error);
    }
    delete this.stop;
    running = null;
    this.mark();
  }

  stop() { /* nothing runs */ }

  // While Python starts, to stop is not to run.
  stopped() {
    return new Promise((_, reject) => { this.stop = (reason) => reject(new Error(reason)); });
  }

  // Whether the code ran to its end. To stop it ends the worker, and another one starts.
  answer(worker) {
    return new Promise((resolve, reject) => {
      this.stop = (reason) => {
        worker.terminate();
        pythonWorker = null;
        this.python(() => {});
        reject(new Error(reason));
      };
      this.timer = setTimeout(this.stop, 1000 * SECONDS, `Stopped after ${SECONDS} seconds.`);
      worker.onerror = ({ message }) => this.stop(`Python has ended: ${message}`);
      worker.onmessage = ({ data }) => {
        if ("text" in data) this.printed.append(data.text);
        else resolve(data.isDone);
      };
      worker.postMessage(this.editor.value);
    }).finally(() => clearTimeout(this.timer));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".run-in-page").forEach((box) => new Answer(box));
});
