/** For runtimes with a console: the results as one line of JSON. */

import { run } from '../run.mjs';

console.log(JSON.stringify(await run()));
