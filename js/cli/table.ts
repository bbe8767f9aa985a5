import { join, type Legible, legible, paint, type Said, type Style } from './safe-text.js';

export interface Column<T> {
  title: string;
  text: (row: T) => string;
  style?: (text: string) => Said;
  /** Omitted first if the terminal is too narrow for the table. */
  optional?: boolean;
}

const gap = '  ';

/** The width of the last column below which an optional column is omitted. */
const least = 24;

/**
 * Rows under titles. On a terminal the table is cut to its width: optional columns go first, from
 * the right, then the end of the last column. Piped output is whole. The last column is the one to
 * hold free text: it needs no padding, so that characters of another width move nothing.
 */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  stream: NodeJS.WriteStream,
): Legible {
  const room = stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY;
  const sized = columns.map((column) => {
    const text = (row: T) => legible(column.text(row));
    return { ...column, text, width: widest(rows, { ...column, text }) };
  });
  const fixed = () => sized.slice(0, -1).reduce((sum, { width }) => sum + width + gap.length, 0);
  for (let at = sized.length - 1; at >= 0 && fixed() + least > room; at -= 1) {
    if (sized[at]?.optional) sized.splice(at, 1);
  }

  const last = sized.length - 1;
  const left = Math.max(room - fixed(), least);
  const line = (cells: readonly Said[]) => join(cells, gap);
  const titles = sized.map(({ title, width }, at) => (at < last ? title.padEnd(width) : title));
  const lines = rows.map((row) =>
    sized.map(({ text, width, style = (cell) => cell }, at) =>
      style(at < last ? text(row).padEnd(width) : cut(text(row), left)),
    ),
  );
  return join([paint(stream, 'bold', line(titles)), ...lines.map(line)], '\n');
}

function widest<T>(rows: readonly T[], { title, text }: Column<T>): number {
  return rows.reduce((most, row) => Math.max(most, text(row).length), title.length);
}

/** Characters of double width, approximated by Unicode properties. */
const wide = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}]/u;

/** A line of styled parts, cut to the width of a terminal. */
export function fitted(stream: NodeJS.WriteStream, parts: readonly (string | [Style, string])[]): Legible {
  let room = stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY;
  const shown: Said[] = [];
  for (const part of parts) {
    const [style, text] = typeof part === 'string' ? [undefined, part] : part;
    if (text === '' || room <= 0) continue;
    const whole = legible(text);
    const fits = cut(whole, room);
    shown.push(style === undefined ? fits : paint(stream, style, fits));
    room = fits === whole ? room - widthOf(whole) : 0;
  }
  return join(shown, '');
}

const widthOfOne = (character: string) => (wide.test(character) ? 2 : 1);
const widthOf = (text: string) => [...text].reduce((sum, character) => sum + widthOfOne(character), 0);

function cut(text: string, room: number): string {
  if (room === Number.POSITIVE_INFINITY || widthOf(text) <= room) return text;
  let kept = '';
  let left = room - 1;
  for (const character of text) {
    left -= widthOfOne(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}
