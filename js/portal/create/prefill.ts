import type { Choice } from '../permissions/edited-selection.js';

/**
 * Values of a prefilled link: `?template=sender&template=branch&name=Nightly%20sender`. Nothing is
 * submitted automatically.
 */
export interface Prefill {
  templates: readonly string[];
  name: string;
  kind?: string;
  /** Proposed permissions of the portal itself, instead of templates. */
  choice?: Choice;
}

const MAX_NAME_LENGTH = 100;
const MAX_TEMPLATES = 20;

/** Reads the query of a page; `undefined` if it is no prefilled link. */
export function prefillOf(query: string): Prefill | undefined {
  const parameters = new URLSearchParams(query);
  const templates = parameters.getAll('template').flatMap((text) => text.split(','));
  if (templates.length === 0) return undefined;
  const kind = parameters.get('kind');
  return {
    templates: [...new Set(templates)].slice(0, MAX_TEMPLATES),
    name: (parameters.get('name') ?? '').slice(0, MAX_NAME_LENGTH),
    ...(kind === null ? {} : { kind }),
  };
}

/** The address of a page without the prefilled values. Other parameters belong to the host. */
export function withoutPrefill({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  if (prefillOf(search) === undefined) return `${pathname}${search}`;
  const parameters = new URLSearchParams(search);
  for (const name of ['template', 'name', 'kind']) parameters.delete(name);
  return parameters.size === 0 ? pathname : `${pathname}?${parameters}`;
}
