import type { Catalog } from '../api/catalog.js';
import { Legible, legibleJson } from './safe-text.js';

export type CatalogSyntax = 'json' | 'yaml';

/** The syntax of a file by its extension: JSON, unless it says YAML. */
export const syntaxOf = (file: string): CatalogSyntax => (/\.ya?ml$/i.test(file) ? 'yaml' : 'json');

/** A catalog as a text that is safe to print. */
export async function catalogText(catalog: Catalog, syntax: CatalogSyntax): Promise<Legible> {
  const json = legibleJson(catalog);
  if (syntax === 'json') return new Legible(json);
  const { stringify } = await import('yaml');
  // Only texts in double quotes can have escapes.
  const quoted = /\\u[0-9a-f]{4}/.test(json) ? ({ defaultStringType: 'QUOTE_DOUBLE' } as const) : {};
  const yaml = stringify(JSON.parse(json), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    defaultKeyType: 'PLAIN',
    ...quoted,
  });
  return new Legible(
    yaml
      .trimEnd()
      .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, (control) =>
        control === '\n' ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  );
}
