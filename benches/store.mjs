/**
 * A store in memory for very many tokens: a put takes constant time. The store of the package sorts
 * its keys at each commit, this one at the next list.
 */
export function bigStore() {
  const values = new Map();
  let keys = [];
  let isSorted = true;
  return {
    get: (wanted) => wanted.map((key) => values.get(key) ?? null),
    list({ prefix, after, limit }) {
      if (!isSorted) keys = [...values.keys()].sort();
      isSorted = true;
      const entries = [];
      for (let at = firstFrom(keys, after ?? prefix); at < keys.length && entries.length < limit; at += 1) {
        if (!keys[at].startsWith(prefix)) break;
        if (keys[at] !== after) entries.push({ key: keys[at], value: values.get(keys[at]) });
      }
      return entries;
    },
    commit(writes) {
      const holds = ({ key, expect }) => expect === undefined || expect === (values.get(key) ?? null);
      if (!writes.every(holds)) return false;
      for (const { key, value } of writes) {
        if (value === undefined) continue;
        isSorted &&= values.has(key) === (value !== null);
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
      return true;
    },
  };
}

/**
 * The position of the first key that is not before this one. Keys are ASCII: the order of
 * characters is that of bytes.
 */
function firstFrom(keys, start) {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] >= start) high = middle;
    else low = middle + 1;
  }
  return low;
}
