import { invalidInput, kindOf } from '../input/options.js';

/** Options of `createTokens` under the names that other libraries have for them. */
export const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  database: 'the option is "store"',
  adapter: 'the option is "store"',
  ttl: 'the option is "freshness"',
  cacheTtl: 'the option is "freshness"',
  cache: 'the options are "freshness" and "capacity"',
};

/**
 * Refuses options of the wrong kind, and says how they are written.
 *
 * @throws {LeastkeyError} `invalid_input`.
 */
export function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) return;
  const { catalog, store, prefix } = options as Readonly<Record<string, unknown>>;
  const catalogFault = faultOf(catalog, {
    'a promise': 'await it, such as (await import("./catalog.js")).default',
    nothing: 'give { services: { … } }, or the JSON file that has them',
    'a text': 'read the file and JSON.parse it',
  });
  if (catalogFault !== undefined) throw invalidInput('catalog', catalogFault);
  const storeFault = faultOf(store, {
    'a promise': 'await it',
    nothing: 'give memoryStore() of leastkey/stores/memory, or the store of a database',
    'a text': 'give sqliteStore({ path }) of leastkey/stores/sqlite',
    'a function': 'call it: memoryStore()',
  });
  if (storeFault !== undefined) throw invalidInput('store', storeFault);
  const prefixFault = faultOf(prefix, {
    nothing: 'write the start of every credential, such as "acme_live"',
  });
  if (prefixFault !== undefined) throw invalidInput('prefix', prefixFault);
}

/** What is wrong with a value of one of these kinds. */
function faultOf(value: unknown, rights: Readonly<Record<string, string>>): string | undefined {
  const kind = kindOf(value);
  const right = rights[kind];
  if (right === undefined) return undefined;
  if (kind === 'nothing') return `is required; ${right}`;
  return kind === 'a promise' ? `got a promise; ${right}` : `expected an object, got ${kind}; ${right}`;
}
