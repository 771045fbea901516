// What the browser keeps for the reader, where it may.
export const kept = {
  read: (key) => attempt((store) => store.getItem(key)),
  write: (key, text) => attempt((store) => store.setItem(key, text)),
  remove: (key) => attempt((store) => store.removeItem(key)),
};

function attempt(action) {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
}
