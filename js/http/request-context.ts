import type { RequestContext } from '../api/conditions.js';
import type { HandlerSettings } from './options.js';

/**
 * The context of the request that presents a credential, for the conditions of its token. All
 * endpoints share it, so that none admits what another refuses.
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

/**
 * The client address from the host's `clientIp`. A text may come from a proxy; another type is a
 * mistake of the host.
 */
export function readClientIp(clientIp: HandlerSettings['clientIp'], request: Request): string | undefined {
  const ip: unknown = clientIp(request);
  if (ip === undefined || ip === null) return undefined;
  if (typeof ip === 'string') return ip;
  throw new TypeError(`clientIp: expected a text, undefined or null, got ${typeof ip}`);
}

/** An address, or one with a port. */
const WITH_PORT = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|\[([\da-f:.]{2,45})(?:%[^\]]*)?\])(?::\d{1,5})?$/i;
const WITHOUT_BRACKETS = /^(?=.*:.*:)([\da-f:.]{2,45})(?:%.*)?$/i;

/** The client address for display, without port and brackets; `null` if unknown. */
export function shownAddress(ip: string | undefined): string | null {
  const [, four, six] = WITH_PORT.exec(ip ?? '') ?? [];
  return four ?? six ?? WITHOUT_BRACKETS.exec(ip ?? '')?.[1] ?? null;
}
