const most = 1000;

/** A map that evicts its oldest entry when it is full, so that a running demo does not grow. */
export function boundedMap() {
  const map = new Map();
  return {
    get: (key) => map.get(key),
    values: () => map.values(),
    set(key, value) {
      map.set(key, value);
      if (map.size > most) map.delete(map.keys().next().value);
    },
  };
}
