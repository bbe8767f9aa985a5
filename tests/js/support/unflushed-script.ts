/** A script that verifies a token and ends, without a flush of its own. */

import { sqliteStore } from 'leastkey/stores/sqlite';
import { createToken, deployment } from './deployment.js';

const tokens = await deployment({ store: sqliteStore({ path: process.argv[2] as string }) });
const { token, id } = await createToken(tokens);
await tokens.verify(token, 'messages:send');
console.log(id);
