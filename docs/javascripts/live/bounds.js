// What a reader's code may take in the worker, and what it may reach.
const MEMORY = 256 * 2 ** 20; // bytes for Python, and as many beside it
const NO_SPACE = 51; // Emscripten's ENOSPC

// What the language has, and what Python's runtime asks of the browser. All
// else goes: requests, workers, storage, messages, and the way to close.
const KEPT = new Set(
  `Object Function Array ArrayBuffer Atomics BigInt BigInt64Array
  BigUint64Array Boolean DataView Date Error AggregateError EvalError
  RangeError ReferenceError SyntaxError TypeError URIError SuppressedError
  FinalizationRegistry Float16Array Float32Array Float64Array Int8Array
  Int16Array Int32Array Intl Iterator JSON Map Math Number Promise Proxy
  Reflect RegExp Set String Symbol Uint8Array Uint8ClampedArray Uint16Array
  Uint32Array WeakMap WeakRef WeakSet WebAssembly globalThis Infinity NaN
  undefined isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent
  encodeURI encodeURIComponent self console crypto performance TextDecoder
  TextEncoder URL AbortController AbortSignal DOMException Event EventTarget
  setTimeout clearTimeout setInterval clearInterval`.split(/\s+/),
);

// How Python reads, changes and calls what is JavaScript's.
const CALLS = /^JsvFunction_Call/;
const REACHES = new RegExp(
  `${CALLS.source}|^JsvFunction_Construct|^JsvObject_CallMethod|` +
    "^JsProxy_.*_js$|^JsvArray_(Extend|Insert|Set$|Shallow|slice)",
);
const NOTHING = Object.freeze(Object.create(null));

// What it makes there, and how many bytes that takes.
const MAKES = {
  JsvArray_Push: () => 64,
  JsvMap_Set: () => 64,
  JsvSet_Add: () => 64,
  JsvObject_SetAttr: () => 64,
  _python2js_ascii: (start, length) => length,
  _python2js_ucs1: (start, length) => length,
  _python2js_ucs2: (start, length) => 2 * length,
  _python2js_ucs4: (start, length) => 4 * length,
};

let room = MEMORY;
let refused = false;
let allowed; // the functions that Python may call, once a reader's code runs

// Python says of a file for which there is no room that there is none.
function take(bytes) {
  if (bytes <= room) return (room -= bytes);
  refused = true;
  const error = new RangeError("no memory is left beside Python's own");
  throw Object.assign(error, { name: "ErrnoError", errno: NO_SPACE });
}

/** Whether room was refused: what was given is not taken back. */
export const isSpent = () => refused;

/** What the page asks for itself takes no room from the reader. */
export function aside(make) {
  const before = room;
  room = MEMORY;
  try {
    return make();
  } finally {
    room = before;
  }
}

// A cell that builds a huge list gets a MemoryError, not the machine.
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 2 ** 16 > MEMORY) throw new RangeError();
  return grow.call(this, pages);
};

// Files and bytes lie in buffers of the browser.
const { slice } = Uint8Array.prototype;
Object.getPrototypeOf(Uint8Array.prototype).slice = function (from, to) {
  take(this.subarray(from, to).byteLength);
  return slice.call(this, from, to);
};
self.Uint8Array = new Proxy(Uint8Array, {
  construct(made, given, as) {
    if (typeof given[0] === "number") take(given[0]);
    return Reflect.construct(made, given, as);
  },
});

/** What Python imports from JavaScript, with these bounds. */
export function bounded({ env, ...imports }) {
  const own = { ...env };
  for (const name of Object.keys(env).filter((it) => REACHES.test(it))) {
    own[name] = (object, ...rest) => {
      const free = !allowed || (CALLS.test(name) && allowed.has(object));
      return env[name](free ? object : NOTHING, ...rest);
    };
  }
  for (const [name, bytes] of Object.entries(MAKES)) {
    own[name] = (...given) => {
      take(bytes(...given));
      return env[name](...given);
    };
  }
  return { ...imports, env: own };
}

/** From now on Python calls these functions and no others, and of the
 * worker's scope there is left what it needs. */
export function shut(...functions) {
  allowed = new Set(functions);
  let scope = self;
  while (scope !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(scope)) {
      if (!KEPT.has(name)) Reflect.deleteProperty(scope, name);
    }
    scope = Object.getPrototypeOf(scope);
  }
}
