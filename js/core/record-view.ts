/** A stored record, of which the core has said where its parts are. */

import type { VerifiedToken } from '../api/verification.js';
import type { SharedParts } from './shared-parts.js';
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

/** How many of the parts that a verdict shows each record has: from its id to `createdAt`. */
const REQUIRED = 7;

/** The names of the parts, and the places of those that are asked for one by one. */
export class Parts {
  readonly names: readonly string[];
  readonly id: number;
  readonly name: number;
  readonly kind: number;
  readonly owner: number;
  readonly resource: number;
  readonly permissions: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly parents: number;
  readonly technicalUser: number;
  readonly subject: number;

  constructor(names: readonly string[]) {
    this.names = names;
    const at = (name: string) => names.indexOf(name);
    this.id = at('id');
    this.name = at('name');
    this.kind = at('kind');
    this.owner = at('owner');
    this.resource = at('resource');
    this.permissions = at('permissions');
    this.createdAt = at('createdAt');
    this.expiresAt = at('expiresAt');
    this.parents = at('parents');
    this.technicalUser = at('technicalUser');
    this.subject = at('subject');
  }
}

/** What the views of one deployment share. */
export interface SharedViews {
  vocabularies: Vocabularies;
  parts: SharedParts;
  /** The instance of the core. */
  epoch: number;
}

/** The parts of the record of one token. Its text is canonical JSON, which the core has checked. */
export class RecordView {
  readonly #text: string;
  readonly #parts: Parts;
  readonly #places: Uint32Array;

  /**
   * @param text the stored text
   * @param parts the names of the parts
   * @param places where each part begins and ends; twice 0 for one that is absent; at last the
   *   number of the list of permissions
   */
  constructor(text: string, parts: Parts, places: Uint32Array) {
    this.#text = text;
    this.#parts = parts;
    this.#places = places;
  }

  /** The JSON texts of the parts on whose values the token depends. */
  get owner(): string {
    return this.#raw(this.#parts.owner) ?? '""';
  }

  get technicalUser(): string | undefined {
    return this.#raw(this.#parts.technicalUser);
  }

  get subject(): string | undefined {
    return this.#raw(this.#parts.subject);
  }

  /** The ids of the tokens that the token was exchanged from, nearest first. */
  parents(): string[] {
    const list = this.#raw(this.#parts.parents);
    return list === undefined ? [] : (JSON.parse(list) as string[]);
  }

  /**
   * The token, as a verdict shows it. A token that is kept is decoded and frozen: a slice would
   * keep the whole text of the record in memory, with the digest. It shares with others what they
   * have in common.
   */
  token(grant: EffectiveGrant, disclosure: Disclosure, isKept: boolean, shared: SharedViews): VerifiedToken {
    const coded = grant.permissions === undefined ? this.#coded() : undefined;
    const isUsual = isKept && coded === undefined && grant.permissions === undefined && !disclosure.successor;
    const usual = isUsual ? this.#usual(shared) : undefined;
    if (usual !== undefined) return usual;
    const members = this.#members(grant, disclosure, coded !== undefined);
    const token = isKept ? decoded(members, shared) : slices(members);
    if (coded !== undefined) {
      const list = isKept ? parsed(coded) : parsedLater(coded);
      withLazyPermissions(token, () => shared.vocabularies.idsOf(list()));
    }
    return isKept ? frozen(token) : token;
  }

  /** A token that has the parts which each has, and perhaps an end: nearly all. */
  #usual({ parts, epoch }: SharedViews): VerifiedToken | undefined {
    const at = this.#parts;
    const places = this.#places;
    const ends = places[2 * at.expiresAt + 1] !== 0;
    let count = 0;
    for (let part = 1; part < 2 * at.names.length; part += 2) if (places[part] !== 0) count += 1;
    if (count !== (ends ? REQUIRED + 1 : REQUIRED)) return undefined;
    const number = places[2 * at.names.length] as number;
    const [id, name] = JSON.parse(`[${this.#part(at.id)},${this.#part(at.name)}]`);
    const kind = parts.text(this.#part(at.kind));
    const owner = parts.text(this.#part(at.owner));
    const resource = parts.text(this.#part(at.resource));
    const permissions = parts.list(this.#part(at.permissions), number, epoch);
    const createdAt = Number(this.#part(at.createdAt));
    if (!ends) return Object.freeze({ id, name, kind, owner, resource, permissions, createdAt });
    const expiresAt = Number(this.#part(at.expiresAt));
    return Object.freeze({ id, name, kind, owner, resource, permissions, createdAt, expiresAt });
  }

  /** The members of a token in a verdict, with their JSON texts. */
  #members(
    { permissions, resources }: EffectiveGrant,
    { rotation, successor }: Disclosure,
    isCoded: boolean,
  ): [name: string, value: string][] {
    const members: [name: string, value: string][] = [];
    for (const [at, name] of this.#parts.names.entries()) {
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
    const list = this.#part(this.#parts.permissions);
    return list.startsWith('{') ? list : undefined;
  }

  /** The JSON text of a part. */
  #raw(at: number): string | undefined {
    return this.#places[2 * at + 1] === 0 ? undefined : this.#part(at);
  }

  /** The JSON text of a part that is there. */
  #part(at: number): string {
    return this.#text.slice(this.#places[2 * at], this.#places[2 * at + 1]);
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

function decoded(members: [name: string, value: string][], { parts, epoch }: SharedViews): VerifiedToken {
  let permissions = '[]';
  const texts = members.map(([name, value]) => {
    if (name !== 'permissions') return `"${name}":${value}`;
    permissions = value;
    return '"permissions":0';
  });
  const token = JSON.parse(`{${texts.join(',')}}`);
  token.permissions = parts.list(permissions, 0, epoch);
  for (const [name, value] of members)
    if (name === 'kind' || name === 'owner' || name === 'resource') token[name] = parts.text(value);
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

/** Many verdicts share it. Its permissions are frozen already, or made when they are asked for. */
function frozen(token: VerifiedToken): VerifiedToken {
  for (const name of Object.keys(token) as (keyof VerifiedToken)[])
    if (name !== 'permissions') deepFreeze(token[name]);
  return Object.freeze(token);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.values(value).forEach(deepFreeze);
  Object.freeze(value);
}
