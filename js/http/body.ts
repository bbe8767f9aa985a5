import { RequestRefused } from './refusal.js';

/** The largest JSON body in bytes: more than the largest call of the core. */
const MAX_JSON_BYTES = 2_000_000;
/** The largest form in bytes. Unauthenticated clients send forms. */
const MAX_FORM_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** A JSON object. An optional body that is absent is an empty object. */
export async function readJson(request: Request, required: boolean): Promise<Record<string, unknown>> {
  const text = await readBodyText(request, JSON_TYPE, 'application/json', required, MAX_JSON_BYTES);
  if (text === undefined) return {};
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new RequestRefused('malformed_request', 'The body must be a JSON object.');
}

/** The fields of a form. RFC 6749 §3.2: no field twice, and an empty field counts as absent. */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const text = await readBodyText(
    request,
    FORM_TYPE,
    'application/x-www-form-urlencoded',
    true,
    MAX_FORM_BYTES,
  );
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === '') continue;
    if (fields.has(name))
      throw new RequestRefused('malformed_request', 'A field of the form is given twice.');
    fields.set(name, value);
  }
  return fields;
}

async function readBodyText(
  request: Request,
  type: RegExp,
  expected: string,
  required: boolean,
  longest: number,
): Promise<string | undefined> {
  const bytes = await readBytes(request.body, longest);
  const contentType = request.headers.get('content-type');
  if (bytes.length === 0 && contentType === null && !required) return undefined;
  if (!type.test(contentType ?? '')) {
    throw new RequestRefused('unsupported_media_type', `The body must be ${expected} in UTF-8.`);
  }
  if (request.headers.has('content-encoding')) {
    throw new RequestRefused('unsupported_media_type', 'The body must not be compressed.');
  }
  if (bytes.length === 0 && !required) return undefined;
  if (bytes.length === 0 && type === JSON_TYPE)
    throw new RequestRefused('malformed_request', 'The body is empty; it must be a JSON object.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RequestRefused('malformed_request', 'The body is not UTF-8.');
  }
}

/** Counts the received bytes, whatever `Content-Length` says. */
async function readBytes(body: ReadableStream<Uint8Array> | null, longest: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (let turn = await reader?.read(); turn?.done === false; turn = await reader?.read()) {
    length += turn.value.length;
    if (length > longest) {
      // Not awaited: a client that keeps sending would block the response.
      reader?.cancel().catch(() => {});
      throw new RequestRefused('body_too_large', `The body may have at most ${longest} bytes.`);
    }
    chunks.push(turn.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of the engine quotes the text, which may contain a secret.
    throw new RequestRefused(
      'malformed_request',
      'The body is not JSON: write an object such as { "name": … }, without comments and without a comma at its end.',
    );
  }
}
