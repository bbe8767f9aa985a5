/**
 * A store in a browser tab, as a store here. Calls are passed as JSON text, because the debugger's
 * own values lose some information.
 */

/**
 * @param tab a promise of a page of the demo @param clock `{ instant }`, by which the store drops
 * expired keys
 */
export function storeIn(tab, name, clock = { instant: 0 }) {
  const call = async (method, argument) => {
    const text = JSON.stringify(argument, (_, value) => (Number.isNaN(value) ? { nan: true } : value));
    const page = await tab;
    const answer = JSON.parse(await page.evaluate(callStore, { name, method, text, now: clock.instant }));
    if (answer.error === undefined) return answer.value;
    throw Object.assign(new Error(answer.error.message), answer.error);
  };
  return {
    get: (keys) => call('get', keys),
    list: (range) => call('list', range),
    commit: (writes) => call('commit', writes),
    close: () => call('close'),
  };
}

/** Runs in the page. */
async function callStore({ name, method, text, now }) {
  const { indexedDbStore } = await import('/package/browser/stores-indexeddb.js');
  globalThis.stores ??= new Map();
  globalThis.clock = now;
  if (!globalThis.stores.has(name))
    globalThis.stores.set(name, indexedDbStore({ name, now: () => globalThis.clock }));
  const store = await globalThis.stores.get(name);
  const argument =
    text === undefined
      ? undefined
      : JSON.parse(text, (_, value) => (value?.nan === true ? Number.NaN : value));
  try {
    return JSON.stringify({ value: await store[method](argument) });
  } catch ({ name, code, message }) {
    return JSON.stringify({ error: { name, code, message } });
  }
}
