// The worker of a page. Its first message brings Python's parts and is answered by the versions;
// each later one is code to run, answered by what it prints and at last by whether it went through.

const MOST = 20000; // characters of a run that are shown

async function start(parts) {
  // Pyodide asks for its files by address, and gets them from memory.
  self.fetch = async (address) => new Response(
    parts[String(address).split("/").pop()], { headers: { "Content-Type": "application/wasm" } });
  const python = await loadPyodide({ indexURL: "memory:///" });
  python.unpackArchive(parts["numpy.whl"], "wheel");
  python.unpackArchive(parts[Object.keys(parts).find((name) => name.startsWith("book"))], "zip");

  let left;
  const utf8 = new TextDecoder();
  const write = (bytes) => {
    const text = utf8.decode(bytes, { stream: true });
    if (left > 0) postMessage({ text: text.slice(0, left) });
    left -= text.length;
    return bytes.length;
  };
  python.setStdin({ error: true });
  python.setStdout({ write });
  python.setStderr({ write });
  const { run, versions } = python.pyimport("in_page");
  onmessage = ({ data: source }) => {
    left = MOST;
    const isDone = run(source);
    if (left < 0) postMessage({ text: ` …\n${-left} more characters were printed.` });
    postMessage({ isDone });
  };
  postMessage({ versions });
}

onmessage = ({ data: parts }) => start(parts).catch(reportError);
