/** For runtimes with a console: the results as one line of JSON. */

import { run } from '../run.mjs';

// Without top-level await, which a bundle as CommonJS cannot have.
run().then((results) => console.log(JSON.stringify(results)));
