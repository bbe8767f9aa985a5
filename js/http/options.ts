import type { OnError } from '../api/on-error.js';
import type { MaybePromise } from '../api/store.js';
import type { Actor } from '../api/token.js';
import { invalidInput, readAudience, readOnError, refuseUnknownOptions } from '../input/options.js';

/** What {@link handler} is given. */
export interface HandlerOptions {
  /**
   * Who is managing tokens: the host's own login. `null`: nobody, which is answered with 401. A `Response` is sent as it
   * is, to lead to a login for instance. It must not read the body.
   */
  authenticate: (request: Request) => MaybePromise<Actor | Response | null>;
  /**
   * By what `authenticate` knows people. `'cookie'`, the default: a browser attaches it to whatever any page sends, so
   * requests that change something must prove that they come from a page of this origin. `'bearer'`: a header that
   * only the host's own pages and programs set.
   */
  credentials?: 'cookie' | 'bearer';
  /** Other origins whose pages may call this API and read its answers: `['https://portal.example']`. Default: none. */
  origins?: readonly string[];
  /** Where the management API is. Default `/leastkey/v1`. */
  basePath?: string;
  /** Where the session and OAuth endpoints are. Default `/oauth20`. */
  oauthPath?: string;
  /** The public URL of this deployment: `https://api.example`. With it the metadata of RFC 8414 are served. */
  issuer?: string;
  /**
   * Who asks at the introspection and revocation endpoints, and what it may do there. `null`: nobody who is known. Without
   * it these endpoints refuse everybody.
   */
  authenticateClient?: (client: PresentedClient, request: Request) => MaybePromise<Client | null>;
  /**
   * The address of the client, from the connection or from a proxy that the host trusts. With a port it is the address before it; what is
   * no address is not known. Default: not known.
   */
  clientIp?: (request: Request) => string | null | undefined;
  /** What this API is called, for tokens that only some services may take. Default: it has no name, and such tokens open nothing here. */
  audience?: string;
  /** Called for each failure of which the answer tells no more than its status, with the request. Default: no call. */
  onError?: OnError<Request>;
}

/** {@link HandlerOptions}, read, with the defaults filled in. */
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

const FUNCTIONS = ['authenticate', 'authenticateClient', 'clientIp'] as const;

/** Reads the options of `handler`. */
export function readHandlerOptions(options: HandlerOptions): HandlerSettings {
  refuseUnknownOptions(options, OPTIONS, 'handler');
  const { credentials = 'cookie', origins = [], basePath = '/leastkey/v1', oauthPath = '/oauth20' } = options;
  for (const name of FUNCTIONS) {
    if (typeof options[name] === 'function' || (options[name] === undefined && name !== 'authenticate'))
      continue;
    throw invalidInput(name, 'expected a function');
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

/** RFC 8414 §2, but over plain HTTP as well: a machine's own loopback has no certificate. */
function readIssuer(issuer: unknown): string {
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url !== undefined && url.origin === issuer) return issuer;
  throw invalidInput('issuer', 'expected an origin such as "https://api.example", without a path');
}

/** What a client presented of itself (RFC 6749 §2.3.1). Compare the secret in constant time. */
export interface PresentedClient {
  id: string;
  secret: string;
}

/** What a client may do. What is absent it may not. */
export interface Client {
  /** Whether it may ask about any credential that it holds: a resource server. */
  introspect?: boolean;
  /** As whom it revokes. It revokes only what this actor manages. */
  actor?: Actor;
}
