/** Calls the function as Lambda does, for each line of JSON on the standard input. */

import { createInterface } from 'node:readline';
import { handler } from './handler.mjs';

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await handler(JSON.parse(line))));
