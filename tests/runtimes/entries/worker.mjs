/** For workers: the results as the answer to any request. */

import { run } from '../run.mjs';

export default { fetch: async () => Response.json(await run()) };
