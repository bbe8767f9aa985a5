/** The members of `IncomingMessage` that are read for a guard. */
export interface IncomingLike {
  method?: string | undefined;
  url?: string | undefined;
  /** The whole path, if an Express router has removed its mount path from `url`. */
  originalUrl?: string | undefined;
  rawHeaders: readonly string[];
}

/** The members of `IncomingMessage` that are read for a `Request` with its body. */
export interface IncomingBody extends IncomingLike {
  readonly headers: { readonly host?: string | undefined; readonly 'content-type'?: string | undefined };
  readonly socket: object;
  readonly readableDidRead?: boolean;
  /** What a middleware parsed, where one has read the body. */
  readonly body?: unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  once(event: 'end' | 'error' | 'close', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** The target of the request line: the path with its query. */
export const targetOf = ({ url = '', originalUrl = url }: IncomingLike): string => originalUrl;

/** All headers, repeated ones too. */
export function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    // A pseudo-header of HTTP/2, such as `:path`, is no header.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1] as string);
  }
  return headers;
}
