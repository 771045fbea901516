// What the browser keeps for the reader, where it may.
export const kept = {
  read: (key) => attempt((store) => store.getItem(key)),
  write: (key, text) => change((store) => store.setItem(key, text)),
  remove: (key) => change((store) => store.removeItem(key)),
  keys: () => attempt((store) => Object.keys(store)) ?? [],
};

// Who shows what is kept hears of a change.
function change(action) {
  attempt(action);
  document.dispatchEvent(new Event("kept"));
}

function attempt(action) {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
}
