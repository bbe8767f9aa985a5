/**
 * Text that a terminal or a log shows as it is. What comes from the store, a file or the command line is none: it can move the cursor,
 * recolour lines, turn the direction of the rest or begin a line that looks like one of ours.
 */

import { styleText } from 'node:util';
import { redact } from './redact.js';

/** Control characters (C0, DEL, C1), controls of direction (UAX #9), separators of lines and paragraphs. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

const digits = (control: string) => control.charCodeAt(0).toString(16);

/** Text of ours: only {@link line}, {@link join} and {@link paint} make it. */
export class Legible {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a message can be made of. A string is never trusted. */
export type Said = string | number | Legible;

/** A string as it may be shown: controls as `\u{…}`, no credential. */
export function legible(said: Said): string {
  if (said instanceof Legible) return said.text;
  return redact(String(said)).replace(CONTROLS, (control) => `\\u{${digits(control)}}`);
}

/** A message, with what is put into it made legible: `` line`No tokens of ${owner}` ``. */
export function line(words: TemplateStringsArray, ...values: Said[]): Legible {
  return new Legible(words.reduce((text, word, at) => text + legible(values[at - 1] ?? '') + word));
}

export function join(parts: readonly Said[], separator: string): Legible {
  return new Legible(parts.map(legible).join(separator));
}

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Styled where the stream is a terminal that wants colours: NO_COLOR and TERM=dumb are respected. */
export function paint(stream: NodeJS.WriteStream, style: Style, said: Said): Legible {
  const text = legible(said);
  return new Legible(stream.isTTY && stream.hasColors() ? styleText(style, text) : text);
}

/** JSON whose texts are legible too: it holds the same values, with the controls as `\uXXXX`. `secret` is the one credential to be shown. */
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
