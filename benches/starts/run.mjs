/**
 * A start in a fresh process: from nothing loaded to the first verdict. `node starts/run.mjs
 * <script> <data>` prints milliseconds of wall time and of processor time.
 */

import { readFileSync } from 'node:fs';

const [script, data] = process.argv.slice(2);
const { given, required } = JSON.parse(readFileSync(data, 'utf8'));

const cpu = process.cpuUsage();
const start = performance.now();
const { first } = await import(script);
const valid = await first(given, required);
const clock = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
if (valid !== true) throw new Error(`The first verdict is wrong: ${valid}`);
console.log(JSON.stringify({ clock, cpu: (user + system) / 1_000 }));
process.exit();
