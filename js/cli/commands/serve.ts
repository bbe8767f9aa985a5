import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import type { Actor } from '../../api/token.js';
import type { Tokens } from '../../api/tokens.js';
import { UsageError } from '../exit-codes.js';
import { listen } from '../node-server.js';
import { withTokens } from '../open-deployment.js';
import { complain, print, printJson, tell } from '../output.js';
import { line } from '../safe-text.js';
import { targetOf } from '../target.js';

export const serve = new Command('serve')
  .summary('serve the HTTP API of a deployment on this machine')
  .description(
    'Serves the HTTP API of a deployment on 127.0.0.1, for scripts and tests on this machine, until Ctrl-C. It prints a key that acts as the actor ' +
      'of --as and --as-role; a credential of the deployment acts as its token. In production, put the handler behind your own login.',
  )
  .option('--port <number>', 'the port; 0: any free one', port, 4281)
  .addHelpText('after', '\nExample:\n  leastkey serve --db tokens.db --catalog catalog.json')
  .action(async ({ port }: { port: number }, command: Command) => {
    const target = targetOf(command);
    await withTokens(
      target,
      { makesDatabase: true, needsPrefix: true, needsCatalog: true },
      async (tokens, actor) => {
        const { handler } = await import('../../http/index.js');
        const key = randomBytes(32).toString('base64url');
        const onError = (error: unknown) =>
          complain(line`leastkey: ${error instanceof Error ? error.message : 'failed'}`);
        const answer = handler(tokens, {
          authenticate: authenticator(tokens, key, actor),
          credentials: 'bearer',
          onError,
        });
        const server = await listen(answer, port).catch((error: NodeJS.ErrnoException) => {
          throw new UsageError(`port ${port} cannot be used (${error.code}); choose another with --port`);
        });
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        if (target.json) printJson({ url, key });
        else {
          tell('The HTTP API is served until Ctrl-C. In another terminal:');
          print(`export LEASTKEY_URL=${url} LEASTKEY_API_TOKEN=${key}`);
        }
        const ended = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
        await once(ended.signal, 'abort');
        server.closeAllConnections();
        server.close();
        await tokens.flush();
      },
    );
  });

/** The key acts as the actor of the command, and a credential as its token. */
function authenticator(
  tokens: Tokens,
  key: string,
  actor: Actor,
): (request: Request) => Promise<Actor | null> {
  const expected = digestOf(`Bearer ${key}`);
  return async (request) => {
    const header = request.headers.get('authorization');
    if (header === null) return null;
    if (timingSafeEqual(digestOf(header), expected)) return actor;
    const origin = request.headers.get('origin') ?? undefined;
    const { valid, token } = await tokens.verify(request, undefined, {
      ip: '127.0.0.1',
      ...(origin !== undefined && { origin }),
    });
    return valid && token !== undefined ? { token: token.id } : null;
  };
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 65_535)) throw new InvalidArgumentError('Write a port from 1 to 65535, or 0.');
  return number;
}
