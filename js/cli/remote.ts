import { statSync } from 'node:fs';
import type { BulkReport, RevokeAllQuery } from '../api/sweep.js';
import type { Client } from '../client/client-api.js';
import { createClient } from '../client/create-client.js';
import type { ClientOptions } from '../client/options.js';
import { UsageError } from './exit-codes.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import { readFileText } from './read-file.js';
import type { Target } from './target.js';

/** The client of --url. Its credential is never an argument, which other processes can read. */
export async function clientOf({ url = '', tokenFile, as, asRole }: Target): Promise<Client> {
  if (as !== undefined || asRole !== undefined) {
    throw new UsageError('--as and --as-role are of a store: an API acts as the token that --url sends');
  }
  const token = await tokenOf(tokenFile);
  return clientAt({ url, ...(token !== undefined && { token }) });
}

/** A client for requests whose credential is not that of `--url`. */
export const openClientOf = ({ url = '' }: Target): Client => clientAt({ url });

function clientAt(options: ClientOptions): Client {
  try {
    return createClient(options);
  } catch (error) {
    if (!isLeastkeyError(error)) throw error;
    // The member `url` is that of a store too.
    throw new UsageError(error.message.replace(/^url: /, '--url: ').replace(/; allowHttp: .*$/, ''));
  }
}

/**
 * What a `revokeAll` over HTTP would do, page by page: a response has what the server reads in a
 * moment.
 */
export async function* rehearsals(
  client: Client,
  query: RevokeAllQuery,
  signal: AbortSignal,
): AsyncGenerator<BulkReport> {
  for (let after = query.after; ; ) {
    const report = await client.rehearseRevokeAll(
      { ...query, ...(after !== undefined && { after }) },
      { signal },
    );
    yield report;
    // A page without progress would be asked for again and again.
    if (report.complete || report.next === undefined || report.next === after) return;
    after = report.next;
  }
}

async function tokenOf(file: string | undefined): Promise<string | undefined> {
  const variable = process.env.LEASTKEY_API_TOKEN;
  if (variable !== undefined && variable !== '') return variable.trim();
  if (file === undefined) {
    throw new UsageError('a credential is required for --url: set LEASTKEY_API_TOKEN, or give --token-file');
  }
  const text = await readFileText(file, 'the credential');
  refuseIfOpenToOthers(file);
  return text.trim();
}

/** Bits of a mode that let others in. */
const OTHERS = 0o077;

function refuseIfOpenToOthers(file: string): void {
  if (process.platform === 'win32') return;
  const { mode } = statSync(file);
  if ((mode & OTHERS) === 0) return;
  throw new UsageError(
    `other users of this machine can open ${file}, which has a credential in it: chmod 600 ${file}`,
  );
}
