import type { Choice } from '../permissions/choice.js';

/** What a link has filled in: `?template=sender&template=branch&name=Nightly%20sender`. Nothing of it is ever submitted by itself. */
export interface Prefill {
  templates: readonly string[];
  name: string;
  kind?: string;
  /** In place of templates, where the portal itself proposes permissions. */
  choice?: Choice;
}

const MAX_NAME_LENGTH = 100;
const MAX_TEMPLATES = 20;

/** Reads the query of a page; `undefined`: it is no template link. */
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

/** The address of a page without what a link has filled in. What else is in its query is the host's. */
export function withoutPrefill({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  if (prefillOf(search) === undefined) return `${pathname}${search}`;
  const parameters = new URLSearchParams(search);
  for (const name of ['template', 'name', 'kind']) parameters.delete(name);
  return parameters.size === 0 ? pathname : `${pathname}?${parameters}`;
}
