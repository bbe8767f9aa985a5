/** Requirements that the core has compiled, each under a number. */

import type { Question } from '../runtime/protocol.js';
import type { FlatVerdict } from './flat-verdict.js';
import {
  haveSameItems,
  isLineList,
  isOnePermission,
  isPermissionOnResource,
  isTextRequirement,
  type PermissionOnResource,
} from './plain-question.js';

/** How many recent lists with the same first item are compared before a key is built. */
const MAX_RECENT_LISTS = 8;

/** How many requirements of one kind are interned. */
const MAX_INTERNED = 1_000;

/** For how many lists of permissions a requirement keeps what they lack. */
const MAX_LACKING = 16;

/** A requirement in text, a list of texts, or none: what the use of a token is recorded with. */
export type AskedPermissions = string | readonly string[] | undefined;

/** What the token of a cached refusal lacks. */
export type RefusalDetails = Pick<FlatVerdict, 'missing' | 'scope'>;

/** A requirement of one of the commonest forms, with its number. */
export interface InternedRequirement {
  readonly id: number;
  /** One value for all equal requirements. */
  readonly asked: AskedPermissions;
  /** The question that has only this requirement. */
  readonly question: Question;
  /** What tokens with these permissions lack for it, of a few lists of permissions. */
  readonly lacking: Map<object, RefusalDetails>;
}

/** The list that was asked last, as its caller passed it. */
interface LastList {
  readonly list: readonly unknown[];
  readonly isFrozen: boolean;
  readonly interned: InternedList;
}

interface InternedList extends InternedRequirement {
  readonly asked: readonly string[];
}

/** The requirements that one instance of the core has compiled. */
export class InternedRequirements {
  readonly #compile: (question: Question) => number;
  readonly #texts = new Map<string | undefined, InternedRequirement>();
  /** The text that was asked last: most services ask few. */
  #lastText: string | undefined;
  #lastOfText: InternedRequirement | undefined;
  /** Of requirements that are an object with one permission. */
  readonly #permissions = new Map<string, InternedRequirement>();
  readonly #lists = new Map<string, InternedList>();
  #lastList: LastList | undefined;
  /** Recent lists by their first item: comparing a list costs a third of building its key. */
  readonly #recentLists = new Map<unknown, InternedList[]>();
  /** The numbers of requirements that are objects, by their JSON. */
  readonly #objects = new Map<string, number>();

  /** `compile` returns the number that the core gives to the requirement of a question. */
  constructor(compile: (question: Question) => number) {
    this.#compile = compile;
  }

  /**
   * A requirement of the commonest forms, if it is known: a text or none (which are interned), one
   * permission, a list of texts. The caller may change the list later.
   */
  find(requirement: unknown): InternedRequirement | undefined {
    if (isTextRequirement(requirement)) {
      const isLast = requirement === this.#lastText && this.#lastOfText !== undefined;
      return isLast ? this.#lastOfText : this.#ofText(requirement);
    }
    if (Array.isArray(requirement)) return this.#findList(requirement);
    return isOnePermission(requirement) ? this.#permissions.get(requirement.permission) : undefined;
  }

  /** The permission of a requirement of one permission on a resource, if it is known. */
  findPermission(requirement: PermissionOnResource): InternedRequirement | undefined {
    return this.#permissions.get(requirement.permission);
  }

  /**
   * The number of a requirement that its caller does not change. `undefined` if it has none: too
   * many have one, or it names a resource, of which there may be as many as requests.
   */
  idOf(requirement: unknown): number | undefined {
    if (isTextRequirement(requirement)) return this.find(requirement)?.id;
    if (Array.isArray(requirement)) {
      const known = this.#findList(requirement);
      return known !== undefined || !isLineList(requirement) ? known?.id : this.#ofList(requirement)?.id;
    }
    if (requirement === null) return undefined;
    if (namesResource(requirement)) {
      // The permission alone, so that the next question about it is known.
      if (isPermissionOnResource(requirement)) this.idOf({ permission: requirement.permission });
      return undefined;
    }
    const key = JSON.stringify(requirement);
    const id = this.#objects.get(key) ?? this.#ofObject(key, requirement);
    if (id !== undefined && isOnePermission(requirement) && !this.#permissions.has(requirement.permission))
      this.#permissions.set(requirement.permission, interned(id, requirement.permission, { requirement }));
    return id;
  }

  /** Forgets all: a fresh instance of the core has compiled none. */
  clear(): void {
    this.#texts.clear();
    this.#lastText = undefined;
    this.#lastOfText = undefined;
    this.#permissions.clear();
    this.#lists.clear();
    this.#lastList = undefined;
    this.#recentLists.clear();
    this.#objects.clear();
  }

  #ofText(text: string | undefined): InternedRequirement | undefined {
    let known = this.#texts.get(text);
    if (known === undefined) {
      if (this.#texts.size >= MAX_INTERNED) return undefined;
      const question = text === undefined ? {} : { requirement: text };
      known = interned(this.#compile(question), text, question);
      this.#texts.set(text, known);
    }
    this.#lastText = text;
    this.#lastOfText = known;
    return known;
  }

  #ofObject(key: string, requirement: unknown): number | undefined {
    if (this.#objects.size >= MAX_INTERNED) return undefined;
    const id = this.#compile({ requirement });
    this.#objects.set(key, id);
    return id;
  }

  #findList(list: readonly unknown[]): InternedList | undefined {
    const last = this.#lastList;
    if (last?.list === list && (last.isFrozen || haveSameItems(last.interned.asked, list)))
      return last.interned;
    const recent = this.#recentLists.get(list[0]);
    const known = recent?.find(({ asked }) => haveSameItems(asked, list));
    if (known !== undefined) this.#lastList = { list, isFrozen: Object.isFrozen(list), interned: known };
    return known;
  }

  #ofList(list: readonly string[]): InternedList | undefined {
    const key = list.join('\n');
    let known = this.#lists.get(key);
    if (known === undefined) {
      if (this.#lists.size >= MAX_INTERNED) return undefined;
      const question = { requirement: list };
      known = interned(this.#compile(question), list, question);
      this.#lists.set(key, known);
    }
    const recent = [known, ...(this.#recentLists.get(list[0]) ?? [])].slice(0, MAX_RECENT_LISTS);
    this.#recentLists.set(list[0], recent);
    return known;
  }
}

/** Whether a requirement, or an item of it, is on a resource. */
function namesResource(requirement: unknown): boolean {
  const { resource, all } = requirement as { resource?: unknown; all?: unknown };
  return resource !== undefined || (Array.isArray(all) && all.some((item) => item?.resource !== undefined));
}

function interned<Asked extends AskedPermissions>(
  id: number,
  asked: Asked,
  question: Question,
): InternedRequirement & { readonly asked: Asked } {
  return { id, asked, question, lacking: new Map() };
}

export function keepLacking({ lacking }: InternedRequirement, holder: object, details: RefusalDetails): void {
  if (lacking.size >= MAX_LACKING) lacking.clear();
  lacking.set(holder, details);
}
