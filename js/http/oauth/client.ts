import type { Client, HandlerSettings, PresentedClient } from '../options.js';
import { OAuthRefused } from './refusal.js';

/** The authenticated client of a request. */
export async function requireClient(
  request: Request,
  form: ReadonlyMap<string, string>,
  settings: HandlerSettings,
): Promise<Client> {
  const presented = readClient(request.headers, form);
  const client = presented && (await settings.authenticateClient(presented, request));
  if (typeof client === 'object' && client !== null) return client;
  throw new OAuthRefused('invalid_client', 'Client authentication failed.');
}

/** Requires right client credentials if the request has any. */
export async function refuseWrongClient(
  request: Request,
  form: ReadonlyMap<string, string>,
  settings: HandlerSettings,
): Promise<void> {
  if (form.has('client_secret') || request.headers.has('authorization')) {
    await requireClient(request, form, settings);
  }
}

/** From the header or the form, never from both. */
function readClient(headers: Headers, form: ReadonlyMap<string, string>): PresentedClient | undefined {
  const header = headers.get('authorization');
  const secret = form.get('client_secret');
  if (header === null) {
    const id = form.get('client_id');
    return id === undefined || secret === undefined ? undefined : { id, secret };
  }
  if (secret !== undefined)
    throw new OAuthRefused('invalid_request', 'The request uses two methods of client authentication.');
  return readBasic(header);
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function readBasic(header: string): PresentedClient | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]{1,2732}={0,2})$/i.exec(header.trim()) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const colon = text.indexOf(':');
    if (colon < 1) return undefined;
    return { id: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

const formDecode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
