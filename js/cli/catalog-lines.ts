/** The lines of problems in the text of a catalog. */

import type { Problem } from '../api/codes.js';
import { LeastkeyError } from '../api/errors.js';
import { isLeastkeyError } from './is-leastkey-error.js';
import type { CatalogSource } from './read-catalog.js';

/** A problem of a catalog with its place in a file. */
export interface LocatedProblem extends Problem {
  file?: string;
  /** From 1. Absent where the source is no text. */
  line?: number;
}

/** `catalog.json:12: $.services.a`: as editors and CI link to it. */
export function placeOf({ path, file, line }: LocatedProblem): string {
  if (file === undefined) return path;
  const at = line === undefined ? file : `${file}:${line}`;
  return path === '$' ? at : `${at}: ${path}`;
}

/** Does the work; the problems of its catalog get their lines. */
export async function withLines<T>(source: CatalogSource | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (source === undefined || !isLeastkeyError(error)) throw error;
    const { code, message, problems } = error;
    if (!problems?.some(isOfCatalog)) throw error;
    throw new LeastkeyError(code, message, { problems: await located(source, problems), cause: error });
  }
}

/** Problems with the file, and the line of what is at the path or of the nearest one around it. */
export async function located(
  source: CatalogSource,
  problems: readonly Problem[],
): Promise<LocatedProblem[]> {
  if (problems.length === 0) return [];
  const parsed = await parsedText(source);
  return problems.map((problem) => {
    if (!isOfCatalog(problem)) return problem;
    const line = parsed?.lineOf(stepsOf(problem.path));
    return { ...problem, file: source.file, ...(line !== undefined && { line }) };
  });
}

/** The names that an object of a JSON text has twice. `JSON.parse` keeps the last value of each. */
export async function repeatedNames(source: CatalogSource): Promise<LocatedProblem[]> {
  const parsed = await parsedText(source);
  return (parsed?.repeated ?? []).map((line) => ({
    path: '$',
    message: 'this name is in its object twice, and only the last one counts',
    file: source.file,
    line,
  }));
}

/** `$.services.a` is a path in a catalog; `prefix` is an option. */
const isOfCatalog = ({ path }: Problem) => path.startsWith('$');

type Step = string | number;

/** The steps of a path: `$.templates["a b"][0]` has `templates`, `a b` and 0. */
function stepsOf(path: string): Step[] {
  const steps = path.matchAll(/\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g);
  return [...steps].map(([, name, index, quoted = '""']) =>
    name !== undefined ? name : index !== undefined ? Number(index) : textOf(quoted),
  );
}

function textOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // Rust writes some control characters in another form.
    return quoted.slice(1, -1);
  }
}

interface ParsedText {
  lineOf(steps: readonly Step[]): number | undefined;
  /** The lines of names that their object had before. */
  repeated: number[];
}

const parsedTexts = new WeakMap<CatalogSource, Promise<ParsedText>>();

async function parsedText(source: CatalogSource): Promise<ParsedText | undefined> {
  if (source.text === undefined) return undefined;
  const parsed = parsedTexts.get(source) ?? parse(source.text);
  parsedTexts.set(source, parsed);
  return parsed;
}

/** JSON is parsed as YAML, whose parser keeps positions. */
async function parse(text: string): Promise<ParsedText> {
  const { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (position: number) => lines.linePos(position).line;
  const repeated = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  return {
    repeated: repeated.map(({ pos }) => lineAt(pos[0])),
    lineOf: (steps) => {
      let node: unknown = document.contents;
      let at: number | undefined;
      for (const step of steps) {
        if (isAlias(node)) node = node.resolve(document);
        let found: unknown;
        if (isMap(node)) {
          // Of a name that is there twice, the last one counts.
          const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === step);
          found = pair?.key;
          node = pair?.value;
        } else {
          found = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
          node = found;
        }
        if (!isNode(found)) break;
        at = found.range?.[0];
      }
      return at === undefined ? undefined : lineAt(at);
    },
  };
}
