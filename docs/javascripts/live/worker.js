// Inside the worker: loads Python with every byte counted, then answers calls.
// What it posts: progress, ready, broken; output, answer, crashed.
const folder = new URL("../../assets/pyodide/", import.meta.url);
const MEMORY = 256 * 2 ** 20; // bytes that Python may take

const post = (type, rest) => self.postMessage({ type, ...rest });

// A cell that builds a huge list gets a MemoryError, not the machine.
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 2 ** 16 > MEMORY) throw new RangeError();
  return grow.call(this, pages);
};

async function download(name, counted = (bytes) => {}) {
  const response = await fetch(new URL(name, folder));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  const count = new TransformStream({
    transform(chunk, stream) {
      counted(chunk.byteLength);
      stream.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), {
    headers: { "Content-Type": response.headers.get("Content-Type") ?? "" },
  });
}

// The compiled runtime comes from the page if a worker before had it.
async function compile(compiled, counted) {
  if (compiled) return compiled;
  const response = await download("pyodide.asm.wasm", counted);
  const headers = { "Content-Type": "application/wasm" };
  return WebAssembly.compileStreaming(new Response(response.body, { headers }));
}

async function load(compiled) {
  const manifest = await (await download("manifest.json")).json();
  let loaded = 0;
  const counted = (bytes) => {
    const part = (loaded += bytes) / manifest.bytes;
    post("progress", { part: Math.min(part, 0.99) });
  };
  const [wasm, library, archive, { loadPyodide }] = await Promise.all([
    compile(compiled, counted),
    download("python_stdlib.zip", counted).then((it) => it.arrayBuffer()),
    download("attnbook.zip").then((it) => it.arrayBuffer()),
    import(new URL("pyodide.mjs", folder).href),
    import(new URL("pyodide.asm.mjs", folder).href),
  ]);
  post("progress", { part: 1 }); // all of it is here
  return { manifest, wasm, library, archive, loadPyodide };
}

// Pyodide would fetch for itself, and wait for ever if that fails.
async function start({ manifest, wasm, library, archive, loadPyodide }) {
  self.fetch = async (url) =>
    new Response(String(url).endsWith(".zip") ? library : null);
  const own = async (_, imports) => ({
    module: wasm,
    instance: await WebAssembly.instantiate(wasm, imports),
  });
  Object.assign(WebAssembly, { instantiateStreaming: own });
  const pyodide = await loadPyodide({
    indexURL: folder.href,
    packageBaseUrl: folder.href,
    lockFileContents: manifest.lock,
    stdin: () => null,
  });
  delete self.fetch;
  pyodide.FS.writeFile("/attnbook.zip", new Uint8Array(archive));
  pyodide.runPython("import sys; sys.path.insert(0, '/attnbook.zip')");
  for (const [name, text] of Object.entries(manifest.files)) {
    pyodide.FS.mkdirTree(name.slice(0, name.lastIndexOf("/")));
    pyodide.FS.writeFile(name, text);
  }
  const interpreter = pyodide.pyimport("inpage.interpreter");
  interpreter.emit = (text) => post("output", { text });
  interpreter.restart();
  return ({ module, name, args }) => {
    const given = pyodide.toPy(args);
    const answer = interpreter.answer(module, name, given);
    return answer.toJs({ dict_converter: Object.fromEntries });
  };
}

let call;
self.onmessage = async ({ data }) => {
  if (call) {
    try {
      post("answer", { answer: call(data) });
    } catch (error) {
      post("crashed", { message: String(error) });
    }
    return;
  }
  try {
    const parts = await load(data.compiled);
    call = await start(parts);
    post("ready", { compiled: parts.wasm });
  } catch (error) {
    post("broken", { message: String(error) });
  }
};
