/** The text of a declaration file for a catalog: each id as a literal. */

import type { Catalog } from '../api/catalog.js';

/** Members that are for people; their text is of no use in a type. */
const PROSE = new Set(['title', 'description', '$schema']);

export function catalogTypeText(catalog: Catalog, file: string): string {
  return `// Written by: leastkey catalog types ${file.replace(/[^\w.-]/g, '_')}
// Write it again after a change of the catalog.

declare const catalog: ${typeOf(catalog, '')};
export default catalog;
`;
}

function typeOf(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `readonly [${value.map((item) => typeOf(item, indent)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const below = `${indent}  `;
  const members = Object.entries(value).map(([name, member]) => {
    const type = PROSE.has(name) && typeof member === 'string' ? 'string' : typeOf(member, below);
    return `${below}readonly ${nameOf(name)}: ${type};\n`;
  });
  return members.length === 0 ? '{}' : `{\n${members.join('')}${indent}}`;
}

const nameOf = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
