/** For pages: the results as a property of the window. */

import { run } from '../run.mjs';

globalThis.results = run();
