/**
 * Finds where a text stops being JSON. The message of `JSON.parse` quotes the text, which may
 * contain secrets.
 */

/** A token of JSON, at the place where the search begins. */
const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[ !#-[\]-\uffff]*)*")|(true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])))/y;

/**
 * What may come next: a value, the first item or the end of a list, a name, the first name or the
 * end of an object, a colon, or the token after a value.
 */
type State = 'value' | 'item' | 'name' | 'first name' | 'colon' | 'end';

const NEXT: Record<Exclude<State, 'end'>, string> = {
  value: 'a value',
  item: 'a value or "]"',
  name: 'a name in double quotes',
  'first name': 'a name in double quotes or "}"',
  colon: '":"',
};

export interface JsonFault {
  line: number;
  column: number;
  /** What is expected there. */
  expected: string;
}

/** The first position at which a text is not JSON. The result quotes nothing of the text. */
export function jsonFault(text: string): JsonFault {
  const open: ('{' | '[')[] = [];
  let state: State = 'value';
  let position = 0;
  for (;;) {
    TOKEN.lastIndex = position;
    const found = TOKEN.exec(text);
    const next: State | undefined = found === null ? undefined : after(state, found, open);
    if (found === null || next === undefined) return placed(text, position, expected(state, open));
    state = next;
    position = TOKEN.lastIndex;
  }
}

/** The state after a token; `undefined` if it is not allowed here. */
function after(state: State, [, mark, name, word]: RegExpExecArray, open: ('{' | '[')[]): State | undefined {
  const isValue = state === 'value' || state === 'item';
  if (state === 'name' || state === 'first name') {
    if (name !== undefined) return 'colon';
    if (mark !== '}' || state === 'name') return undefined;
    open.pop();
    return 'end';
  }
  if (state === 'colon') return mark === ':' ? 'value' : undefined;
  if (isValue && (name !== undefined || word !== undefined)) return 'end';
  if (isValue && (mark === '{' || mark === '[')) {
    open.push(mark);
    return mark === '{' ? 'first name' : 'item';
  }
  const within = open.at(-1);
  if (state === 'end' && mark === ',' && within !== undefined) return within === '{' ? 'name' : 'value';
  const closes = mark === (within === '{' ? '}' : ']') && (state === 'end' || state === 'item');
  if (!closes || within === undefined) return undefined;
  open.pop();
  return 'end';
}

function expected(state: State, open: readonly ('{' | '[')[]): string {
  if (state !== 'end') return NEXT[state];
  const within = open.at(-1);
  return within === undefined ? 'the end' : `"," or "${within === '{' ? '}' : ']'}"`;
}

function placed(text: string, from: number, expected: string): JsonFault {
  const blank = /[\t\n\r ]*/y;
  blank.lastIndex = from;
  blank.exec(text);
  const lines = text.slice(0, blank.lastIndex).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, expected };
}
