import type { RequestContext } from '../api/conditions.js';
import type { HandlerSettings } from './options.js';

/**
 * What the host knows of the request at which a credential is presented: the conditions of its token are about that. One reading for every
 * endpoint, so that none of them lets in what another refuses.
 */
export function contextOf(request: Request, { clientIp, audience }: HandlerSettings): RequestContext {
  const ip = readClientIp(clientIp, request);
  const origin = request.headers.get('origin');
  return {
    ...(ip === undefined ? {} : { ip }),
    ...(origin === null ? {} : { origin }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/** What the host says of the client's address. Any text may be what a proxy wrote; anything else is a mistake of the host. */
export function readClientIp(clientIp: HandlerSettings['clientIp'], request: Request): string | undefined {
  const ip: unknown = clientIp(request);
  if (ip === undefined || ip === null) return undefined;
  if (typeof ip === 'string') return ip;
  throw new TypeError(`clientIp: expected a text, undefined or null, got ${typeof ip}`);
}

/** An address, or one with a port. */
const WITH_PORT = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([\da-f:.]{2,45})(?:%[^\]]*)?\])(?::\d{1,5})?$/i;
const WITHOUT_BRACKETS = /^(?=.*:.*:)([\da-f:.]{2,45})(?:%.*)?$/i;

/** The client's address to show, without port and brackets; `null` where it is not known. */
export function shownAddress(ip: string | undefined): string | null {
  const [, four, six] = WITH_PORT.exec(ip ?? '') ?? [];
  return four ?? six ?? WITHOUT_BRACKETS.exec(ip ?? '')?.[1] ?? null;
}
