/**
 * What the TypeScript of the documents takes as given: the host's own names, and modules that only
 * some runtimes and bundlers have. A document that declares a name itself hides the one here.
 */

type Leastkey = typeof import('leastkey');

declare const catalog: import('leastkey').Catalog;
declare const store: import('leastkey').Store;
declare const tokens: import('leastkey').Tokens;
declare const actor: import('leastkey').Actor;
declare const id: string;
declare const url: string;

declare const createTokens: Leastkey['createTokens'];
declare const defineCatalog: Leastkey['defineCatalog'];
declare const createVerifier: typeof import('leastkey/edge').createVerifier;
declare const sqliteStore: typeof import('leastkey/stores/sqlite').sqliteStore;

/** The answers of `handler`. */
declare function answer(request: Request): Promise<Response>;
declare function actorOfMyLogin(request: Request): Promise<import('leastkey').Actor | null>;
declare function session(): string;

/** A store of the reader's own, and the database that it keeps its values in. */
declare function myStore(connection: unknown): import('leastkey').Store;
declare function openEmptyDatabase(): {
  connect(): unknown;
  killAndStartAgain(): Promise<void>;
  remove(): Promise<void>;
};

// The application of a framework: each of its examples is started from its own folder.
// biome-ignore lint/suspicious/noExplicitAny: it is the host's own
declare const app: any;
declare const createServer: (listener: unknown) => unknown;
declare const Deno: { serve(answer: (request: Request) => Promise<Response>): unknown };

/** What the pages use of Express 5, which is not installed here. */
declare module 'express' {
  type Incoming = import('node:http').IncomingMessage & import('leastkey/node').IncomingLike;
  type Outgoing = import('node:http').ServerResponse & {
    locals: Record<string, unknown>;
    send(body: string): void;
  };
  type Listener = (request: Incoming, response: Outgoing, next: () => void) => unknown;
  export default function express(): {
    use(listener: Listener): void;
    post(path: string, listener: Listener): void;
    listen(port: number, host: string, listening: () => void): void;
  };
}

declare module 'cloudflare:workers' {
  // biome-ignore lint/suspicious/noExplicitAny: it is the host's own
  export const env: { DB: any };
  export function waitUntil(work: Promise<unknown>): void;
  export class DurableObject {
    // biome-ignore lint/suspicious/noExplicitAny: it is the host's own
    ctx: { storage: any };
  }
}
declare module 'better-sqlite3' {
  // biome-ignore lint/suspicious/noExplicitAny: it is the host's own
  const Database: new (path: string) => any;
  export default Database;
}
declare module 'leastkey/wasm/manage.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module 'leastkey/wasm/verify.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module 'leastkey/wasm/verify.wasm?url' {
  const url: string;
  export default url;
}
