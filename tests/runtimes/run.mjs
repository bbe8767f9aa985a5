/** The suite on the package, found by its name. */

import { createTokens } from 'leastkey';
import { createGuard, createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { runSuite } from './suite.mjs';

export const run = () => runSuite({ createTokens, createGuard, createVerifier, memoryStore });
