/** A stored record, of which the core has said where its parts are. */

import type { VerifiedToken } from '../api/verification.js';
import type { PermissionLists } from './permission-lists.js';
import { type CodedList, type Vocabularies, withLazyPermissions } from './vocabularies.js';

/**
 * What bounds the permissions in a record: the effective grant, where the record does not say it.
 */
export interface EffectiveGrant {
  permissions?: string[] | undefined;
  resources?: Record<string, string[]> | undefined;
}

/** Which of what a record says goes into a verdict. */
export interface Disclosure {
  /** Whether the pending rotation is named. */
  rotation: boolean;
  /** Whether the new secret of that rotation was presented. */
  successor: boolean;
}

/** The length of an id with its quotation marks, and of the bracket before the first of a list. */
const QUOTED_ID = 18;
const BRACKET = 1;

/** The parts of the record of one token. Its text is canonical JSON, which the core has checked. */
export class RecordView {
  readonly #text: string;
  readonly #names: readonly string[];
  readonly #places: Uint32Array;

  /**
   * @param text the stored text
   * @param names the names of the parts
   * @param places where each part begins and ends; twice 0 for one that is absent
   */
  constructor(text: string, names: readonly string[], places: Uint32Array) {
    this.#text = text;
    this.#names = names;
    this.#places = places;
  }

  /** A part that is a string without escapes, such as a resource or an id. */
  plainText(name: string): string | undefined {
    return this.#raw(this.#names.indexOf(name))?.slice(1, -1);
  }

  /** The ids of the tokens that the token was exchanged from, nearest first. */
  parents(): string[] {
    const list = this.#raw(this.#names.indexOf('parents'));
    return list === undefined ? [] : (JSON.parse(list) as string[]);
  }

  /**
   * The token, as a verdict shows it. A token that is kept is decoded: a slice would keep the whole
   * text of the record in memory, with the digest. It shares its list of permissions with others.
   */
  token(
    grant: EffectiveGrant,
    disclosure: Disclosure,
    isKept: boolean,
    { vocabularies, lists }: { vocabularies: Vocabularies; lists: PermissionLists },
  ): VerifiedToken {
    const coded = grant.permissions === undefined ? this.#coded() : undefined;
    const members = this.#members(grant, disclosure, coded !== undefined);
    const token = isKept ? decoded(members, lists) : slices(members);
    if (coded === undefined) return token;
    const list = isKept ? parsed(coded) : parsedLater(coded);
    return withLazyPermissions(token, () => vocabularies.idsOf(list()));
  }

  /** The members of a token in a verdict, with their JSON texts. */
  #members(
    { permissions, resources }: EffectiveGrant,
    { rotation, successor }: Disclosure,
    isCoded: boolean,
  ): [name: string, value: string][] {
    const members: [name: string, value: string][] = [];
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at] as string;
      let value = this.#raw(at);
      if (permissions !== undefined && name === 'permissions') value = JSON.stringify(permissions);
      if (permissions !== undefined && name === 'resources') value = JSON.stringify(resources);
      if (value === undefined || (name === 'rotation' && !rotation)) continue;
      if (isCoded && name === 'permissions') value = '[]';
      members.push(
        name === 'parents' ? ['parent', value.slice(BRACKET, BRACKET + QUOTED_ID)] : [name, value],
      );
    }
    if (successor) members.push(['successor', 'true']);
    return members;
  }

  /** The text of the permissions, where they are not a plain list. */
  #coded(): string | undefined {
    const list = this.#raw(this.#names.indexOf('permissions'));
    return list?.startsWith('{') ? list : undefined;
  }

  /** The JSON text of a part. */
  #raw(at: number): string | undefined {
    const end = this.#places[2 * at + 1];
    return end === undefined || end === 0 ? undefined : this.#text.slice(this.#places[2 * at], end);
  }
}

// Two functions, so that what is kept does not hold the text of the record.
function parsed(text: string): () => CodedList {
  const list: CodedList = JSON.parse(text);
  return () => list;
}

function parsedLater(text: string): () => CodedList {
  return () => JSON.parse(text);
}

function decoded(members: [name: string, value: string][], lists: PermissionLists): VerifiedToken {
  let permissions = '[]';
  const texts = members.map(([name, value]) => {
    if (name !== 'permissions') return `"${name}":${value}`;
    permissions = value;
    return '"permissions":0';
  });
  const token = JSON.parse(`{${texts.join(',')}}`);
  token.permissions = lists.of(permissions);
  return token;
}

function slices(members: [name: string, value: string][]): VerifiedToken {
  const token: Record<string, unknown> = {};
  // Decoded, not sliced: a recorded use keeps the id, and a slice would keep the whole record.
  for (const [name, value] of members) token[name] = name === 'id' ? JSON.parse(value) : sliced(value);
  return token as unknown as VerifiedToken;
}

/** The value of a JSON text; of a string without escapes a slice, which costs next to nothing. */
function sliced(text: string): unknown {
  return text.startsWith('"') && !text.includes('\\') ? text.slice(1, -1) : JSON.parse(text);
}
