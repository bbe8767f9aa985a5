import type { Duration } from '../api/call.js';
import { parseDuration } from '../input/duration.js';
import { invalidInput, refuseUnknownOptions } from '../input/options.js';

/** The options of {@link createClient}. */
export interface ClientOptions {
  /**
   * Where the API is served, without its paths: `https://api.example`, or `https://example.com/keys`
   * if it is mounted there. Default: the origin of the page.
   */
  url?: string | URL;
  /**
   * A credential that is sent as `Authorization: Bearer …`, or a function that returns it for each
   * request. For a server that accepts tokens as actors, and for the session endpoints.
   */
  token?: string | (() => string | Promise<string>);
  /** Other headers that sign in, or a function that returns them for each request. */
  headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** Whether cookies are sent. Default: to the origin of the page, and none beside a token. */
  credentials?: 'omit' | 'same-origin' | 'include';
  /** The id and the secret of an OAuth client, for introspection and revocation. */
  client?: { id: string; secret: string };
  /** The path of the management API, as in the options of `handler`. Default `/leastkey/v1`. */
  basePath?: string;
  /** The path of the session and OAuth endpoints, likewise. Default `/oauth20`. */
  oauthPath?: string;
  /** How often a call is repeated that failed and may be repeated. Default 2; 0: never. */
  retries?: number;
  /** The longest wait for one response. Default 30 seconds. */
  timeout?: Duration;
  /**
   * Sends the token over `http:` to another machine than this one, so that every host between the
   * two can read it.
   */
  allowHttp?: boolean;
  /** The `fetch` to use. Default: that of the runtime. */
  fetch?: typeof fetch;
}

/** {@link ClientOptions} after reading, with defaults. */
export interface ClientSettings {
  /** Without a slash at the end. */
  url: string;
  basePath: string;
  oauthPath: string;
  headers: () => Readonly<Record<string, string>>;
  /** The `Authorization` of the token. */
  token: (() => Promise<string>) | undefined;
  /** The `Authorization` of the OAuth client. */
  client: string | undefined;
  credentials: 'omit' | 'same-origin' | 'include';
  retries: number;
  timeout: number;
  fetch: typeof fetch;
}

const OPTIONS = [
  'url',
  'token',
  'headers',
  'credentials',
  'client',
  'basePath',
  'oauthPath',
  'retries',
  'timeout',
  'allowHttp',
  'fetch',
] as const satisfies (keyof ClientOptions)[];

const MAX_RETRIES = 10;
const TIMEOUT = '30s';

const ELSEWHERE = { apiKey: 'give the credential as token' };

/** Reads the options of `createClient`. */
export function readClientOptions(options: ClientOptions): ClientSettings {
  if (typeof options === 'string')
    throw invalidInput(
      'options',
      'createClient expects an object, got a text; write createClient({ url: "…" })',
    );
  refuseUnknownOptions(options, OPTIONS, 'createClient', ELSEWHERE);
  const { token, headers = {}, client, retries = 2, timeout = TIMEOUT } = options;
  const url = readUrl(options.url ?? globalThis.location?.origin);
  if (typeof token === 'string' && /^bearer\s/i.test(token))
    throw invalidInput('token', 'has its scheme; give the credential without "Bearer "');
  if (token !== undefined && !options.allowHttp) refusePlainHttp(url);
  if (!Number.isInteger(retries) || retries < 0 || retries > MAX_RETRIES) {
    throw invalidInput('retries', `expected a whole number from 0 to ${MAX_RETRIES}`);
  }
  // A method of the runtime that is called by another object fails in browsers.
  const fetch =
    options.fetch ?? ((...call: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...call));
  if (typeof fetch !== 'function') throw invalidInput('fetch', 'expected a function');
  return {
    url: url.href.replace(/\/+$/, ''),
    basePath: readPath('basePath', options.basePath ?? '/leastkey/v1'),
    oauthPath: readPath('oauthPath', options.oauthPath ?? '/oauth20'),
    headers: () => (typeof headers === 'function' ? headers() : headers),
    token: token === undefined ? undefined : async () => `Bearer ${await readToken(token)}`,
    client: client === undefined ? undefined : basic(client),
    credentials: options.credentials ?? (token === undefined ? 'same-origin' : 'omit'),
    retries,
    timeout: parseDuration(timeout, 'timeout'),
    fetch,
  };
}

function readUrl(url: string | URL | undefined): URL {
  const text = String(url ?? '');
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  // Nothing of it is in the message: a URL may hold a password.
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw invalidInput('url', 'expected where the API is served, such as "https://api.example"');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw invalidInput(
      'url',
      'expected a URL without a name and a password; a credential belongs in "token"',
    );
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw invalidInput('url', 'expected a URL without a query and a fragment');
  }
  return parsed;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function refusePlainHttp({ protocol, hostname }: URL): void {
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return;
  throw invalidInput(
    'url',
    'expected https:, because others on the way can read a token that is sent by http:; allowHttp: true sends it anyway',
  );
}

function readPath(name: string, path: string): string {
  if (typeof path === 'string' && /^(?:\/[\w.~-]+)*$/.test(path)) return path;
  throw invalidInput(name, 'expected a path such as "/leastkey/v1", without a slash at the end');
}

async function readToken(token: NonNullable<ClientOptions['token']>): Promise<string> {
  const text: unknown = typeof token === 'function' ? await token() : token;
  // The text of the error must not have it: it may be a credential with a line break.
  if (typeof text === 'string' && /^[!-~]+$/.test(text)) return text;
  throw invalidInput('token', 'expected a credential: printable characters without blanks and line breaks');
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function basic({ id, secret }: NonNullable<ClientOptions['client']>): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${btoa(`${encode(id)}:${encode(secret)}`)}`;
}
