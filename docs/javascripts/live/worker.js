// Inside the worker: loads Python with every byte counted, then answers calls.
// What it posts: progress, starting, ready, broken; output, answer, crashed.
import { aside, bounded, isSpent, shut } from "./bounds.js";

const folder = new URL("../../assets/pyodide/", import.meta.url);
const FLOOD = 30_000; // characters, and texts, that one call may post
const KEPT = "attnbook python"; // the cache of what is started

const { postMessage } = self;
const post = (type, rest, parts) => postMessage({ type, ...rest }, parts);

// Only the page's own blob brings the page's policy with it.
if (self.location.protocol !== "blob:") {
  throw new Error("This worker is started by a page.");
}

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

async function load({ compiled, memory }) {
  const manifest = await (await download("manifest.json")).json();
  let loaded = 0;
  const counted = (bytes) =>
    post("progress", { part: (0.99 * (loaded += bytes)) / manifest.bytes });
  const [wasm, library, archive, { loadPyodide }] = await Promise.all([
    compile(compiled, counted),
    download("python_stdlib.zip", counted).then((it) => it.arrayBuffer()),
    download("attnbook.zip").then((it) => it.arrayBuffer()),
    import(new URL("pyodide.mjs", folder).href),
    import(new URL("pyodide.asm.mjs", folder).href),
  ]);
  post("progress", { part: 1 });
  const kept = memory ?? (await recall(manifest.version));
  memory = await kept?.arrayBuffer();
  return { manifest, wasm, library, archive, memory, loadPyodide };
}

// The memory of a Python that has started, from an earlier visit. Where the
// browser keeps nothing, Python starts as it did the first time.
async function recall(version) {
  try {
    const cache = await caches.open(KEPT);
    return await cache.match(new URL(version, folder));
  } catch {
    return undefined;
  }
}

async function remember(version, memory) {
  try {
    await caches.delete(KEPT);
    const cache = await caches.open(KEPT);
    await cache.put(new URL(version, folder), new Response(memory));
  } catch {
    return; // nothing is kept
  }
}

// Pyodide would fetch for itself, and wait for ever if that fails.
async function start({ wasm, library, memory, manifest, loadPyodide }) {
  self.fetch = async (url) =>
    new Response(String(url).endsWith(".zip") ? library : null);
  const own = async (_, imports) => ({
    module: wasm,
    instance: await WebAssembly.instantiate(wasm, bounded(imports)),
  });
  Object.assign(WebAssembly, { instantiateStreaming: own });
  post("starting", { part: 0.1 });
  const pyodide = await loadPyodide({
    indexURL: folder.href,
    packageBaseUrl: folder.href,
    lockFileContents: manifest.lock,
    stdin: () => null,
    stdout: () => {},
    stderr: () => {},
    ...(memory ? { _loadSnapshot: memory } : { _makeSnapshot: true }),
  });
  post("starting", { part: 0.8 });
  return pyodide;
}

function furnish(pyodide, { manifest, archive }) {
  pyodide.FS.writeFile("/attnbook.zip", new Uint8Array(archive));
  for (const [name, text] of Object.entries(manifest.files)) {
    pyodide.FS.mkdirTree(name.slice(0, name.lastIndexOf("/")));
    pyodide.FS.writeFile(name, text);
  }
  pyodide.runPython(`
import random, sys
if "/attnbook.zip" not in sys.path: sys.path.insert(0, "/attnbook.zip")
random.seed()`);
  return pyodide.pyimport("inpage.interpreter");
}

// What answers calls. A reader's code sees no way to send a text but this.
function serve(pyodide, interpreter) {
  const { answer, is_sound: isSound } = interpreter;
  let room = 0;
  const emit = (text) => {
    room -= 1 + text.length;
    if (room < 0) throw new RangeError("too much output");
    post("output", { text });
  };
  const { fromEntries } = Object;
  interpreter.emit = emit;
  interpreter.restart();
  shut(emit, fromEntries);
  return ({ module, name, args }) => {
    room = FLOOD;
    const given = answer(module, name, pyodide.toPy(args));
    const plain = aside(() => given.toJs({ dict_converter: fromEntries }));
    given.destroy();
    return { answer: plain, sound: isSound(emit) && !isSpent() };
  };
}

let call;

async function prepare(given) {
  const parts = await load(given);
  const pyodide = await start(parts);
  const interpreter = furnish(pyodide, parts);
  const made = parts.memory ? undefined : pyodide.makeMemorySnapshot();
  if (made) await remember(parts.manifest.version, made);
  const memory = new Blob([made ?? parts.memory]);
  call = serve(pyodide, interpreter);
  post("ready", { compiled: parts.wasm, memory });
}

self.onmessage = async ({ data }) => {
  if (!call) {
    return prepare(data).catch((error) =>
      post("broken", { message: String(error) }),
    );
  }
  try {
    post("answer", call(data));
  } catch (error) {
    post("crashed", { message: String(error) });
  }
};
