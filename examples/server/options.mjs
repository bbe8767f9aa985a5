/**
 * The options of the demo. Only with modules of Node, because they are read before packages are
 * installed.
 */

import { parseArgs } from 'node:util';

export const help = `Usage: npm start -- [options]

Builds Leastkey where that is needed, then serves a demo API on 127.0.0.1 and prints a walk through it: a token is
made from a permission set, used, refused and revoked.

Options:
  --port <number>   the port to listen on (default: PORT, or 4280; with --once, any free port)
  --data <folder>   where the SQLite databases are kept (default: data)
  --once            do the walk now, print each request and answer, and stop;
                    exits 0 only if every answer was the expected one
  --help            show this help`;

const known = {
  port: { type: 'string' },
  data: { type: 'string' },
  once: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** An error in the command line. */
export class OptionError extends Error {}

/** `port` 0 is any free port. @throws `OptionError` */
export function readOptions(args, environment) {
  const { tokens } = parseArgs({ args, options: known, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new OptionError(`Unexpected argument "${token.value}". See npm start -- --help`);
    if (token.kind === 'option') refuseUnless(token);
  }
  const { values } = parseArgs({ args, options: known });
  const once = values.once ?? false;
  const port = values.port ?? (environment.PORT || (once ? '0' : '4280'));
  return { help: values.help ?? false, once, port: readPort(port), data: values.data ?? 'data' };
}

function refuseUnless({ name, rawName, value, inlineValue }) {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    throw new OptionError(
      `Unknown option ${rawName}. Did you mean --${nearest(name)}? See npm start -- --help`,
    );
  }
  if (option.type === 'boolean' && value !== undefined) throw new OptionError(`${rawName} takes no value`);
  const eaten = !inlineValue && value?.startsWith('-');
  if (option.type === 'string' && (!value || eaten)) throw new OptionError(`${rawName} needs a value`);
}

function readPort(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new OptionError(`"${text}" is not a port. Give a number from 1 to 65535, or 0 for any free port`);
  return port;
}

function nearest(name) {
  const ranked = Object.keys(known).map((candidate) => [distance(name, candidate), candidate]);
  return ranked.sort(([one], [other]) => one - other)[0][1];
}

/** Levenshtein's distance. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (let to = 0; to < other.length; to += 1) {
      next.push(Math.min(next[to] + 1, row[to + 1] + 1, row[to] + (letter === other[to] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}
