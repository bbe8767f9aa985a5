/** `npm run vectors`: writes tests/vectors from the inputs of tests/rust/vectors/inputs.rs. */

import { report } from './shell/failure.mjs';
import { run } from './shell/run.mjs';

try {
  await run('node', ['tests/vectors/generate.mjs']);
  const args = ['test', '--locked', '--test', 'vectors', 'generated'];
  await run('cargo', args, { env: { LEASTKEY_WRITE_VECTORS: '1' } });
  console.log('tests/vectors is written: read the difference before you commit it');
} catch (error) {
  report(error);
}
