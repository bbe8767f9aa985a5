/**
 * The source maps of the package. A source is named as if the sources stood in `src/` of the
 * package, and is in its map as text: a debugger shows it, and a stack trace under
 * `--enable-source-maps` names it, without files of their own.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';

/** @param {string} folder the package, bundled */
export function nameSources(folder) {
  for (const name of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js.map'))) {
    const file = join(folder, name);
    const map = JSON.parse(readFileSync(file, 'utf8'));
    if (map.sourcesContent?.length !== map.sources.length)
      throw new Failure(`${name} in the package lacks the text of a source.`);
    const sources = map.sources.map((source) => nameOf(resolve(dirname(file), source), file, folder));
    writeFileSync(file, JSON.stringify({ ...map, sources }));
  }
}

/** The path from a map to one of its sources. */
function nameOf(source, file, folder) {
  const named = [
    [inClone('js'), 'src'],
    [inClone('node_modules'), 'src/node_modules'],
    // A compiled file that is its own source.
    [folder, '.'],
  ].find(([place]) => source.startsWith(place + sep));
  if (named === undefined) throw new Failure(`A source map of the package names ${source}.`);
  const [place, name] = named;
  const path = join(folder, name, relative(place, source));
  return relative(dirname(file), path).split(sep).join('/');
}
