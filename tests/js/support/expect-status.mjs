import assert from 'node:assert/strict';

/** Asserts the status of a response and returns its body. */
export async function expect(status, answer) {
  const response = await answer;
  const text = await response.text();
  assert.equal(response.status, status, text);
  return text === '' ? undefined : JSON.parse(text);
}
