/**
 * A caller's name as a message may show it: the rule of the core. What has not the form of a name may be a credential, whoever issued it,
 * and must not end in a log.
 */
export function shown(name: string): string {
  return FORM.test(name) && !isRandom(name) ? name : '…';
}

const FORM = /^[\w.:*/{}()~@, -]{0,40}$/;

/** Whether a text looks drawn, not chosen. */
function isRandom(text: string): boolean {
  const turns = text.match(/[a-z](?=[0-9A-Z])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])/g) ?? [];
  const words = text.match(/[0-9A-Za-z]{20,}/g) ?? [];
  return turns.length >= 6 || words.some((word) => /[0-9]/.test(word));
}
