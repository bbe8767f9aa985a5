/** Every runtime but workerd. */

/** Whether the runtime has a second clock, which no one sets. */
export const hasMonotonicClock = true;

const encoder = /* @__PURE__ */ new TextEncoder();

/** Writes an ASCII text. `false` if it is not ASCII or does not fit. */
export function writeAscii(text: string, to: Uint8Array): boolean {
  return encoder.encodeInto(text, to).written === text.length;
}
