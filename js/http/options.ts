import type { OnError } from '../api/on-error.js';
import type { MaybePromise } from '../api/store.js';
import type { Actor } from '../api/token.js';
import { invalidInput, readAudience, readOnError, refuseUnknownOptions } from '../input/options.js';

/** The options of {@link handler}. */
export interface HandlerOptions {
  /**
   * Authenticates the actor of a request by the host's login. `null`: 401. A `Response` is sent
   * unchanged, for instance a redirect to a login. It must not read the body.
   */
  authenticate: (request: Request) => MaybePromise<Actor | Response | null>;
  /**
   * What `authenticate` reads. `'cookie'`, the default: browsers attach cookies to the requests of
   * any page, so changes must prove that they come from a page of this origin. `'bearer'`: a header
   * that only the host's own pages and programs set.
   */
  credentials?: 'cookie' | 'bearer';
  /** Other origins whose pages may call this API: `['https://portal.example']`. Default: none. */
  origins?: readonly string[];
  /** The path of the management API. Default `/leastkey/v1`. */
  basePath?: string;
  /** The path of the session and OAuth endpoints. Default `/oauth20`. */
  oauthPath?: string;
  /**
   * The public URL of this deployment: `https://api.example`. It enables the metadata of RFC 8414.
   */
  issuer?: string;
  /**
   * Authenticates the client of an introspection or a revocation, and returns what it may do.
   * `null`: unknown. Without this function, both endpoints refuse every request.
   */
  authenticateClient?: (client: PresentedClient, request: Request) => MaybePromise<Client | null>;
  /**
   * The client address, from the connection or from a proxy that the host trusts. A port is
   * removed; what is no address counts as unknown. Default: unknown.
   */
  clientIp?: (request: Request) => string | null | undefined;
  /**
   * The name of this API, for tokens with a condition on the audience. Default: none, and such
   * tokens are refused.
   */
  audience?: string;
  /** Called with each failure whose details the response omits, and its request. */
  onError?: OnError<Request>;
}

/** {@link HandlerOptions} after reading, with defaults. */
export interface HandlerSettings {
  authenticate: HandlerOptions['authenticate'];
  cookie: boolean;
  origins: ReadonlySet<string>;
  basePath: string;
  oauthPath: string;
  issuer: string | undefined;
  authenticateClient: NonNullable<HandlerOptions['authenticateClient']>;
  clientIp: NonNullable<HandlerOptions['clientIp']>;
  audience: string | undefined;
  onError: ReturnType<typeof readOnError<Request>>;
}

const OPTIONS = [
  'authenticate',
  'credentials',
  'origins',
  'basePath',
  'oauthPath',
  'issuer',
  'authenticateClient',
  'clientIp',
  'audience',
  'onError',
] as const satisfies (keyof HandlerOptions)[];

const FUNCTIONS = {
  authenticate: 'is required: (request) => the actor of your login, such as { id: "user:7" }, or null',
  authenticateClient: 'expected a function (client, request) => what the client may do, or null',
  clientIp: 'expected a function (request) => the address of the client',
};

const ELSEWHERE = { cors: 'origins lists the pages of other origins that may call' };

/** Reads the options of `handler`. */
export function readHandlerOptions(options: HandlerOptions): HandlerSettings {
  refuseUnknownOptions(options, OPTIONS, 'handler', ELSEWHERE);
  const { credentials = 'cookie', origins = [], basePath = '/leastkey/v1', oauthPath = '/oauth20' } = options;
  for (const name of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[]) {
    if (typeof options[name] === 'function' || (options[name] === undefined && name !== 'authenticate'))
      continue;
    throw invalidInput(name, FUNCTIONS[name]);
  }
  if (credentials !== 'cookie' && credentials !== 'bearer') {
    throw invalidInput('credentials', 'expected "cookie" or "bearer"');
  }
  if (!Array.isArray(origins)) throw invalidInput('origins', 'expected a list of origins');
  const { issuer } = options;
  return {
    authenticate: options.authenticate,
    cookie: credentials === 'cookie',
    origins: new Set(origins.map(readOrigin)),
    basePath: readPath(basePath, 'basePath'),
    oauthPath: readPath(oauthPath, 'oauthPath'),
    issuer: issuer === undefined ? undefined : readIssuer(issuer),
    authenticateClient: options.authenticateClient ?? (() => null),
    clientIp: options.clientIp ?? (() => undefined),
    audience: readAudience(options.audience),
    onError: readOnError(options.onError),
  };
}

function readOrigin(origin: unknown, index: number): string {
  if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw invalidInput(
    `origins[${index}]`,
    'expected an origin such as "https://portal.example", without a path',
  );
}

function readPath(path: unknown, name: string): string {
  if (typeof path === 'string' && /^(?:\/[A-Za-z0-9._~-]+)*$/.test(path)) return path;
  throw invalidInput(name, 'expected a path such as "/leastkey/v1", with no slash at its end');
}

/** RFC 8414 §2, but plain HTTP is allowed too, for loopback. */
function readIssuer(issuer: unknown): string {
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url !== undefined && url.origin === issuer) return issuer;
  throw invalidInput('issuer', 'expected an origin such as "https://api.example", without a path');
}

/** The credentials of a client (RFC 6749 §2.3.1). Compare the secret in constant time. */
export interface PresentedClient {
  id: string;
  secret: string;
}

/** What a client may do. Absent members are denied. */
export interface Client {
  /** Whether it may introspect credentials: a resource server. */
  introspect?: boolean;
  /** The actor for revocations. The client revokes only what this actor manages. */
  actor?: Actor;
}
