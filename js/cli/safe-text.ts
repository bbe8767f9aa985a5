/**
 * Text that is safe to write to a terminal or a log. Text from the store, a file or the command
 * line is not: it can move the cursor, change colors, reverse the direction of text or imitate a
 * line of this program.
 */

import { styleText } from 'node:util';
import { redact } from './redact-credentials.js';

/**
 * Control characters (C0, DEL, C1), directional controls (UAX #9), and line and paragraph
 * separators.
 */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

const digits = (control: string) => control.charCodeAt(0).toString(16);

/** Safe text: only {@link line}, {@link linesOf}, {@link join} and {@link paint} create it. */
export class Legible {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The values of a message. A string is never trusted. */
export type Said = string | number | Legible;

/** A string made safe: controls as `\u{…}`, credentials redacted. */
export function legible(said: Said): string {
  if (said instanceof Legible) return said.text;
  return redact(String(said)).replace(CONTROLS, (control) => `\\u{${digits(control)}}`);
}

/** A message whose values are made safe: `` line`No tokens of ${owner}` ``. */
export function line(words: TemplateStringsArray, ...values: Said[]): Legible {
  return new Legible(words.reduce((text, word, at) => text + legible(values[at - 1] ?? '') + word));
}

export function join(parts: readonly Said[], separator: string): Legible {
  return new Legible(parts.map(legible).join(separator));
}

/** A text of several lines, whose line breaks are its own: no value in it has any. */
export function linesOf(text: string): Legible {
  return join(text.trimEnd().split('\n'), '\n');
}

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Styled if the stream is a terminal with colors: NO_COLOR and TERM=dumb are respected. */
export function paint(stream: NodeJS.WriteStream, style: Style, said: Said): Legible {
  const text = legible(said);
  return new Legible(stream.isTTY && stream.hasColors() ? styleText(style, text) : text);
}

/**
 * JSON with the same values and controls as `\uXXXX`. `secret`: the only credential that is not
 * redacted.
 */
export function legibleJson(
  value: unknown,
  { indent = 2, secret }: { indent?: number; secret?: string } = {},
): string {
  const shown = (name: string, member: unknown) =>
    typeof member === 'string' && !(name === 'token' && member === secret) ? redact(member) : member;
  return JSON.stringify(value, shown, indent).replace(CONTROLS, (control) =>
    control === '\n' ? control : `\\u${digits(control).padStart(4, '0')}`,
  );
}
