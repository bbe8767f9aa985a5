/** A Python with the wheel of the verifier, and with what its tests need. */

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { componentFolder } from '../build/component.mjs';
import { inBuild, inClone } from '../paths.mjs';
import { Failure } from '../shell/failure.mjs';
import { ask, run } from '../shell/run.mjs';
import { pipInstall } from './pip.mjs';

/** In the versions that were tested. mypy checks the types, the others build the wheel. */
const PACKAGES = [
  'wasmtime==50.0.1',
  'setuptools==80.9.0',
  'wheel==0.45.1',
  'mypy==1.18.2',
  'mypy-extensions==1.1.0',
  'typing-extensions==4.15.0',
  'pathspec==0.12.1',
];

const OLDEST = [3, 11];

/** Builds the wheel with the component in it, and installs it. Returns the Python to run. */
export async function installWheel() {
  const version = (await ask('python3', ['-c', 'import sys; print(*sys.version_info[:2])']))?.trim();
  const [major, minor] = version?.split(' ').map(Number) ?? [];
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])))
    throw new Failure(
      `The tests of the wheel need Python ${OLDEST.join('.')} or newer, and python3 is ${version ?? 'missing'}.`,
    );
  const environment = inBuild('component', 'python');
  const python = join(environment, 'bin', 'python');
  if (!existsSync(python)) await run('python3', ['-m', 'venv', environment]);
  await pipInstall(python, PACKAGES);
  const sources = inBuild('component', 'wheel');
  rmSync(sources, { recursive: true, force: true });
  cpSync(inClone('python'), sources, { recursive: true });
  cpSync(join(componentFolder, 'verifier.wasm'), join(sources, 'src/leastkey/verifier.wasm'));
  const wheel = [
    '-m',
    'pip',
    'wheel',
    '--quiet',
    '--no-deps',
    '--no-build-isolation',
    '--wheel-dir',
    '.',
    '.',
  ];
  await run(python, wheel, { cwd: sources });
  const [made] = readdirSync(sources).filter((name) => name.endsWith('.whl'));
  await pipInstall(python, ['--force-reinstall', join(sources, made)]);
  return python;
}
