/** The formats that a catalog can be made from, and how each is recognised. */

import type { OpenApiOptions } from '../import/index.js';
import {
  type Imported,
  importActions,
  importDiscovery,
  importOpenApi,
  importPostman,
  importScopes,
  importUnkey,
} from '../import/index.js';
import { UsageError } from './exit-codes.js';
import { parseJson, parseYaml } from './read-file.js';

export const FORMATS = ['openapi', 'discovery', 'postman', 'actions', 'unkey', 'scopes'] as const;
export type Format = (typeof FORMATS)[number];

/** A file as an import takes it: a document, or the text of a list. */
export type Content = { document: object } | { list: string };

/**
 * The content of a file in JSON or YAML, or of a list as text.
 *
 * @param file its name in errors
 */
export async function contentOf(text: string, file: string): Promise<Content> {
  if (/^\s*[[{]/.test(text)) return { document: parseJson(text, file) as object };
  const yaml = await parseYaml(text, file).catch((error: unknown) => error);
  if (typeof yaml === 'object' && yaml !== null && !(yaml instanceof Error)) return { document: yaml };
  // A document with a mistake is no list.
  if (yaml instanceof UsageError && /^[\w$]+:(?:\s|$)/m.test(text)) throw yaml;
  return { list: text };
}

/** The format of a content, by what only one of them has. */
export function formatOf(content: Content): Format {
  if ('list' in content) return isActions(wordsOf(content.list)) ? 'actions' : 'scopes';
  const document = content.document as Record<string, unknown>;
  if (Array.isArray(document)) return isActions(document) ? 'actions' : 'scopes';
  if ('openapi' in document || 'swagger' in document) return 'openapi';
  if (document.kind === 'discovery#restDescription') return 'discovery';
  if ('item' in document || 'collection' in document) return 'postman';
  const lists = Object.values(document);
  if (lists.length > 0 && lists.every(isListOfTexts) && !('permissions' in document)) return 'actions';
  if ('permissions' in document) return 'unkey';
  throw new UsageError(
    `the format is not one of ${FORMATS.join(', ')}, as far as its members tell; if it is one, give --from`,
  );
}

const wordsOf = (list: string) => list.replace(/(?<=^|\s)#.*/g, '').match(/[^\s,]+/g) ?? [];

/** `s3:GetObject`: one service, and a name with a capital. */
const isActions = (items: readonly unknown[]) =>
  items.length > 0 &&
  items.every((item) => typeof item === 'string' && /^[a-z0-9-]+:(?:[A-Z*]\w*\*?)$/.test(item));

const isListOfTexts = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

export interface ImportSettings {
  service?: string | undefined;
  permissions?: OpenApiOptions['permissions'];
  basePath?: string | undefined;
  tails?: readonly string[] | undefined;
}

/** What the options of an import are for: another format has no use for them. */
const USES: Readonly<Record<Exclude<keyof ImportSettings, 'service'>, readonly Format[]>> = {
  permissions: ['openapi', 'discovery', 'postman'],
  basePath: ['openapi'],
  tails: ['openapi'],
};

const OPTIONS = { permissions: '--permissions', basePath: '--base-path', tails: '--tail' };

/** Makes a catalog of a content in a format. */
export function importAs(format: Format, content: Content, settings: ImportSettings): Imported {
  for (const [name, formats] of Object.entries(USES) as [keyof typeof USES, readonly Format[]][]) {
    if (settings[name] !== undefined && !formats.includes(format))
      throw new UsageError(`${OPTIONS[name]} is for ${formats.join(', ')}, and this is ${format}`);
  }
  const { service, permissions, basePath, tails } = settings;
  if (permissions === 'scopes' && format !== 'openapi')
    throw new UsageError(`--permissions: only openapi has scopes; give operations or methods`);
  const naming = permissions === 'scopes' ? undefined : permissions;
  const source = 'list' in content ? content.list : content.document;
  switch (format) {
    case 'openapi':
      return importOpenApi(source, { service, permissions, basePath, tails });
    case 'discovery':
      return importDiscovery(source, { service, permissions: naming });
    case 'postman':
      return importPostman(source, { service, permissions: naming });
    case 'actions':
      return importActions(source as string, { service });
    case 'unkey':
      return importUnkey(source as { permissions: unknown }, { service });
    case 'scopes':
      return importScopes(source as string, { service });
  }
}
