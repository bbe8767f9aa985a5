/** JavaScript of the components, as `npx jco transpile` makes it. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeProgram } from '../setup/node-modules.mjs';
import { componentFolder, componentTools, worlds } from './component.mjs';

/** Writes `verifier.js`, `manager.js` and what they load into an empty folder. */
export async function transpileComponents(folder) {
  const { transpile } = await import(
    nodeProgram('@bytecodealliance/jco-transpile/dist/index.js', componentTools)
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  for (const name of Object.keys(worlds)) {
    const component = join(componentFolder, `${name}.wasm`);
    const { files } = await transpile(component, { name, instantiation: 'async', minify: true, outDir: '.' });
    for (const [file, bytes] of Object.entries(files)) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
}
