/** The transpiled components, in Node. */

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Where `npm run test:component` leaves the transpiled components. */
export const transpiled = process.env.LEASTKEY_TRANSPILED ?? 'build/component/transpiled';

/** A fresh instance of a component, `verifier` or `manager`. */
export async function instantiate(world) {
  const { instantiate: start } = await import(pathToFileURL(`${transpiled}/${world}.js`).href);
  return start(async (file) => WebAssembly.compile(readFileSync(`${transpiled}/${file}`)), {});
}

export const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));
