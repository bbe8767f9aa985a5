import type { Account, AccountInput } from '../api/accounts.js';
import type { AuditEntry, AuditPage, AuditQuery } from '../api/audit.js';
import type { CallOptions, Instant } from '../api/call.js';
import type { Deployment } from '../api/catalog.js';
import type { CatalogIds } from '../api/catalog-ids.js';
import type { Description } from '../api/choices.js';
import type { DriftedToken, DriftQuery, DriftReport } from '../api/drift.js';
import { LeastkeyError } from '../api/errors.js';
import type { Job } from '../api/jobs.js';
import type { RotateOptions } from '../api/rotation.js';
import type { Preview } from '../api/selection.js';
import type { Suggestion } from '../api/suggestion.js';
import type { BulkReport, RevokeAllQuery } from '../api/sweep.js';
import type {
  Actor,
  Created,
  CreateInput,
  ListedToken,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from '../api/token.js';
import { sleep } from '../runtime/deadline.js';
import type {
  Client,
  ClientAccounts,
  ClientJobs,
  ClientOAuth,
  ClientRevokeAllOptions,
  ClientSession,
} from './client-api.js';
import { type ClientOptions, type ClientSettings, readClientOptions } from './options.js';
import { everyItem } from './paging.js';
import { type ApiRequest, send } from './send.js';
import { textLines } from './text-lines.js';

/**
 * A client of the HTTP API of a deployment. It needs nothing but `fetch`.
 *
 * @throws {LeastkeyError} `invalid_input` for a wrong option.
 * @example
 * const client = createClient({ url: 'https://api.example', token: process.env.LEASTKEY_API_TOKEN });
 * const { token, record } = await client.create({ kind: 'group', name: 'CI', owner:
 * 'org:acme/group:eng', expiresIn: '30d' });
 */
export function createClient<Ids extends CatalogIds = CatalogIds>(options: ClientOptions = {}): Client<Ids> {
  const settings = readClientOptions(options);
  const api = apiOf(settings);
  const { ask, token } = api;
  const list = (query: ListQuery = {}, call?: CallOptions) =>
    ask<TokenPage>({ method: 'GET', path: '/tokens', query, repeatable: true, call });
  const drift = (query: DriftQuery = {}, call?: CallOptions) =>
    ask<DriftReport>({ method: 'GET', path: '/drift', query, repeatable: true, call });
  const audit = (query: AuditQuery, call?: CallOptions) =>
    ask<AuditPage>({ method: 'GET', path: '/audit', query, repeatable: true, call });
  const jobs = jobsOf(api);

  return {
    accounts: accountsOf(api),
    jobs,
    session: sessionOf(settings),
    oauth: oauthOf(settings),

    create: ({ idempotencyKey, ...input }: CreateInput<Ids>, call) =>
      withKey(idempotencyKey, input.digest, (headers) =>
        ask<Created>({
          method: 'POST',
          path: '/tokens',
          body: plainInput(input),
          headers,
          repeatable: true,
          call,
        }),
      ),
    get: (id, call) => ask<TokenRecord>({ method: 'GET', path: token(id), repeatable: true, call }),
    list,
    listAll: (query = {}, call) =>
      everyItem<ListedToken, string, ListQuery>(query, (page) => list(page, call)),
    edit: (id, { revision, ...body }: TokenChange<Ids>, call) =>
      ask<TokenRecord>({
        method: 'PATCH',
        path: token(id),
        body,
        headers: { 'If-Match': revision === undefined ? '*' : tag(revision) },
        // A repeated change of a known revision would be refused although the first one was made.
        repeatable: false,
        call,
      }),
    disable: (id, call) =>
      ask<TokenRecord>({ method: 'POST', path: token(id, '/disable'), repeatable: true, call }),
    enable: (id, call) =>
      ask<TokenRecord>({ method: 'POST', path: token(id, '/enable'), repeatable: true, call }),
    revoke: (id, options: RevokeOptions = {}, call) =>
      ask<TokenRecord>({ method: 'POST', path: token(id, '/revoke'), body: options, repeatable: true, call }),
    delete: (id, call) => ask<{ id: string }>({ method: 'DELETE', path: token(id), repeatable: false, call }),

    rotate: (id, { idempotencyKey, ...body }: RotateOptions = {}, call) =>
      withKey(idempotencyKey, body.digest, (headers) =>
        ask<Created>({ method: 'POST', path: token(id, '/rotate'), body, headers, repeatable: true, call }),
      ),
    confirmRotation: (id, call) =>
      ask<TokenRecord>({ method: 'POST', path: token(id, '/confirm-rotation'), repeatable: false, call }),
    abortRotation: (id, call) =>
      ask<TokenRecord>({ method: 'POST', path: token(id, '/abort-rotation'), repeatable: false, call }),

    revokeAll: (query, options = {}) => completed(jobs, query, options),
    rehearseRevokeAll: (query, call) =>
      ask<BulkReport>({
        method: 'POST',
        path: '/revoke-all',
        body: { ...query, dryRun: true },
        repeatable: true,
        reads: true,
        call,
      }),

    describe: (query = {}, call) =>
      ask<Description>({ method: 'GET', path: '/catalog', query, repeatable: true, call }),
    deployment: (call) => ask<Deployment>({ method: 'GET', path: '/deployment', repeatable: true, call }),
    actor: (call) => ask<Actor>({ method: 'GET', path: '/actor', repeatable: true, call }),
    resolve: (selection, call) =>
      ask<Preview>({
        method: 'POST',
        path: '/resolve',
        body: selection,
        repeatable: true,
        reads: true,
        call,
      }),
    suggest: (permissions, call) =>
      ask<Suggestion>({
        method: 'POST',
        path: '/suggest',
        body: { permissions },
        repeatable: true,
        reads: true,
        call,
      }),
    drift,
    driftAll: (query = {}, call) =>
      everyItem<DriftedToken, string, DriftQuery>(query, (page) => drift(page, call)),

    audit,
    auditAll: (query, call) => everyItem<AuditEntry, number, AuditQuery>(query, (page) => audit(page, call)),
    async *exportAudit(query, call) {
      const path = `${settings.basePath}/audit/export`;
      const response = await send(settings, {
        method: 'GET',
        path,
        query,
        streams: true,
        repeatable: true,
        call,
      });
      yield* textLines(response, call?.signal);
    },
    openApi: (call) =>
      ask<Record<string, unknown>>({ method: 'GET', path: '/openapi.json', repeatable: true, call }),
  };
}

/** Calls of the management API. */
interface Api {
  /** The JSON of the response. */
  ask<Answer>(request: ApiRequest): Promise<Answer>;
  /** The path of a token. */
  token(id: string, verb?: string): string;
}

function apiOf(settings: ClientSettings): Api {
  return {
    ask: (request) => askAt(settings, { ...request, path: `${settings.basePath}${request.path}` }),
    token: (id, verb = '') => `/tokens/${encodeURIComponent(id)}${verb}`,
  };
}

async function askAt<Answer>(settings: ClientSettings, request: ApiRequest): Promise<Answer> {
  const response = await send(settings, request);
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    request.call?.signal?.throwIfAborted();
    if (request.method === 'GET' && request.repeatable) {
      throw new LeastkeyError('store_unavailable', 'the response is no JSON: check the URL', { cause });
    }
    throw new LeastkeyError('outcome_unknown', 'the response broke off, or is no JSON: read again', {
      cause,
    });
  }
}

const tag = (revision: number) => `"${revision}"`;

/** Dates do not cross as JSON. */
function plainInput<Input extends { expiresAt?: Instant; notBefore?: Instant }>(input: Input): object {
  const { expiresAt, notBefore } = input;
  return {
    ...input,
    ...(expiresAt instanceof Date && { expiresAt: expiresAt.getTime() }),
    ...(notBefore instanceof Date && { notBefore: notBefore.getTime() }),
  };
}

/**
 * A call that creates a secret. With a made-up key no earlier call of the caller can have created
 * it:
 * then the answer with the secret was lost.
 */
async function withKey(
  given: string | undefined,
  digest: string | undefined,
  create: (headers: Record<string, string>) => Promise<Created>,
): Promise<Created> {
  const created = await create({ 'Idempotency-Key': given ?? randomKey() });
  if (created.token !== null || given !== undefined || digest !== undefined) return created;
  throw new LeastkeyError(
    'outcome_unknown',
    `the answer with the new credential of token ${created.record.id} was lost, so nobody has it: revoke or rotate the token`,
  );
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function accountsOf({ ask }: Api): ClientAccounts {
  const get = (id: string, call?: CallOptions) =>
    ask<Account>({ method: 'GET', path: '/accounts', query: { id }, repeatable: true, call });
  const verb = (id: string, verb: string, call?: CallOptions) =>
    ask<Account>({
      method: 'POST',
      path: `/accounts/${encodeURIComponent(id)}/${verb}`,
      repeatable: true,
      call,
    });
  return {
    get,
    async put({ id, revision, ...body }: AccountInput, call) {
      const headers = revision === undefined ? await whatever(get(id, call)) : precondition(revision);
      return ask<Account>({
        method: 'PUT',
        path: '/accounts',
        query: { id },
        body,
        headers,
        repeatable: false,
        call,
      });
    },
    disable: (id, call) => verb(id, 'disable', call),
    enable: (id, call) => verb(id, 'enable', call),
    delete: (id, call) =>
      ask<{ id: string }>({ method: 'DELETE', path: '/accounts', query: { id }, repeatable: false, call }),
  };
}

const precondition = (revision: number): Record<string, string> =>
  revision === 0 ? { 'If-None-Match': '*' } : { 'If-Match': tag(revision) };

/** The API requires to say whether there is an account. */
async function whatever(account: Promise<Account>): Promise<Record<string, string>> {
  try {
    await account;
    return { 'If-Match': '*' };
  } catch (error) {
    if (error instanceof LeastkeyError && error.code === 'not_found') return precondition(0);
    throw error;
  }
}

function jobsOf({ ask }: Api): ClientJobs {
  return {
    start: (query, options = {}, call) =>
      // A second job of the same tokens does no harm.
      ask<Job>({
        method: 'POST',
        path: '/revoke-all',
        body: { ...query, ...options },
        repeatable: true,
        call,
      }),
    get: (id, call) =>
      ask<Job>({ method: 'GET', path: `/jobs/${encodeURIComponent(id)}`, repeatable: true, call }),
  };
}

/** The pause between two looks at a job, in milliseconds. The server waits a second by itself. */
const LOOK = 500;

async function completed(
  jobs: ClientJobs,
  query: RevokeAllQuery,
  { reason, onProgress, ...call }: ClientRevokeAllOptions,
): Promise<Job> {
  let job = await jobs.start(query, reason === undefined ? {} : { reason }, call);
  onProgress?.(job);
  while (!job.complete) {
    await sleep(LOOK, call.signal);
    job = await jobs.get(job.id, call);
    onProgress?.(job);
  }
  return job;
}

function sessionOf(settings: ClientSettings): ClientSession {
  const path = `${settings.oauthPath}/access-token`;
  return {
    create: (call) => askAt(settings, { method: 'GET', path, repeatable: false, call }),
    end: (call) => askAt(settings, { method: 'DELETE', path, repeatable: false, call }),
  };
}

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

function oauthOf(settings: ClientSettings): ClientOAuth {
  const { oauthPath, client } = settings;
  const form = (endpoint: string, fields: Record<string, string>, repeatable: boolean, call?: CallOptions) =>
    ({
      method: 'POST',
      path: `${oauthPath}/${endpoint}`,
      form: fields,
      headers: client === undefined ? {} : { Authorization: client },
      repeatable,
      call,
    }) satisfies ApiRequest;
  return {
    exchange: (credential, { permissions, resource } = {}, call) => {
      const fields = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: credential,
        subject_token_type: ACCESS_TOKEN,
        ...(permissions !== undefined && { scope: permissions.join(' ') }),
        ...(resource !== undefined && { resource }),
      };
      return askAt(settings, form('token', fields, false, call));
    },
    introspect: (credential, { consume } = {}, call) => {
      const fields = { token: credential, ...(consume !== undefined && { consume: String(consume) }) };
      return askAt(settings, form('introspect', fields, true, call));
    },
    revoke: async (credential, call) => {
      await send(settings, form('revoke', { token: credential }, true, call));
    },
    metadata: (call) =>
      askAt(settings, {
        method: 'GET',
        path: '/.well-known/oauth-authorization-server',
        repeatable: true,
        call,
      }),
  };
}
