/** URLs of stores, and how they are shown: never with a password. */

import { LeastkeyError } from '../api/errors.js';

/** A URL of a store, split. */
export interface StoreUrl {
  /** Before the first `:`, in lower case. */
  scheme: string;
  /** What the driver reads: with its password, without the name. */
  text: string;
  /** After `#`: the table, or the namespace of the keys. */
  name: string | undefined;
  /** For messages: without password and query. */
  shown: string;
}

/** Names or addresses with their ports, commas between. */
const HOSTS = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?:,(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)*$/i;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/**
 * Splits the URL of a store.
 *
 * @throws {LeastkeyError} `invalid_input`. The message does not quote the text, which may have a
 * password in it.
 */
export function parseStoreUrl(text: unknown, schemes: readonly string[]): StoreUrl {
  const known = schemes.map((scheme) => (scheme === 'sqlite' ? 'sqlite:' : `${scheme}://`)).join(', ');
  const [, name] = SCHEME.exec(typeof text === 'string' ? text : '') ?? [];
  if (typeof text !== 'string' || name === undefined) {
    if (text === undefined || text === '')
      throw invalidUrl(`is required: a URL here or in LEASTKEY_STORE, which begins with one of ${known}`);
    // A path has no password in it, as another text may have.
    const file =
      typeof text === 'string' && /^[\w./~-]+$/.test(text) ? `; of a SQLite file write sqlite:${text}` : '';
    throw invalidUrl(`expected the URL of a store, which begins with one of ${known}${file}`);
  }
  const scheme = name.toLowerCase();
  if (!schemes.includes(scheme)) {
    throw invalidUrl(`there is no store for ${JSON.stringify(`${name.slice(0, 32)}:`)}; there are ${known}`);
  }
  // A path of a file may have a # in it.
  if (scheme === 'sqlite') return { scheme, text, name: undefined, shown: text };
  const shown = shownUrl(scheme, text);
  const [driver = '', fragment = ''] = text.split('#', 2);
  return { scheme, text: driver, name: fragment || undefined, shown };
}

function shownUrl(scheme: string, text: string): string {
  // Hosts with commas between are no single URL, so they are read apart.
  const [, user = '', hosts = '', path = '', name = ''] =
    /^[^:]*:\/\/(?:([^:@/?#]*)(?::[^@/?#]*)?@)?([^/?#@]*)(\/[^?#@]*)?(?:\?[^#]*)?(#[^#]*)?$/s.exec(text) ??
    [];
  // Otherwise a part of a password may be taken for a host or a path.
  if (!HOSTS.test(hosts) || /@/.test(text.replace(/^[^@]*@/, ''))) {
    throw invalidUrl(
      `the ${scheme} URL cannot be read: expected ${scheme}://user:password@host:port/…; in a password write @ : / ? # % as %40 %3A %2F %3F %23 %25`,
    );
  }
  return `${scheme}://${user === '' ? '' : `${user}@`}${hosts}${path}${name}`;
}

/** A text without the password of a URL, in case a driver quotes it. */
export function withoutPassword(text: string, url: string): string {
  const [, password = ''] = /^[^:]*:\/\/[^:@/?#]*:([^@/?#]*)@/.exec(url) ?? [];
  const [, parameter = ''] = /[?&]pass(?:word)?=([^&#]*)/i.exec(url) ?? [];
  const forms = [password, parameter].flatMap((form) => [form, decoded(form)]).filter((form) => form !== '');
  return forms.reduce((rest, form) => rest.replaceAll(form, '…'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function invalidUrl(message: string): LeastkeyError {
  return new LeastkeyError('invalid_input', `url: ${message}`, { path: 'url' });
}
