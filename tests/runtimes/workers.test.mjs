/** Edge runtimes, which compile WebAssembly themselves and do not let programs do it. */

import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEdgeFunction } from './hosts/edge-vm.mjs';
import { suiteIn } from './hosts/suite-in.mjs';
import { startWorker } from './hosts/workerd.mjs';

const entry = fileURLToPath(new URL('entries/worker.mjs', import.meta.url));

let workerd;
after(() => workerd?.dispose());

suiteIn('workerd', 'Cloudflare’s workerd', async () => {
  workerd = await startWorker(entry);
  return (await workerd.dispatchFetch('http://worker/')).json();
});

suiteIn('edge-runtime', 'Vercel’s edge runtime', async () =>
  (await (await startEdgeFunction(entry))()).json(),
);
