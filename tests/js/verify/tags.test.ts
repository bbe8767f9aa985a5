/** A cached credential is recognised by its tag: that very text, and no other. */

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { createToken, deployment } from '../support/deployment.js';

const { getRandomValues } = crypto;

afterEach(() => {
  crypto.getRandomValues = getRandomValues;
});

/** A token that has been verified often enough to be recognised. */
async function recognised() {
  const tokens = await deployment({ freshness: '5s', usage: false });
  const { token } = await createToken(tokens);
  for (let call = 0; call < 3; call++)
    assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
  return { tokens, token };
}

describe('a cached credential', () => {
  test('is no longer valid with another character at any place', async () => {
    const { tokens, token } = await recognised();
    for (let at = 0; at < token.length; at++) {
      for (const other of ['0', 'z', '-', '\u00e9', '\u20ac', '\ud83d']) {
        if (token[at] === other) continue;
        const text = token.slice(0, at) + other + token.slice(at + 1);
        const verdict = tokens.verifySync(text, 'messages:send') ?? (await tokens.verify(text));
        assert.equal(verdict.valid, false, `${other} at ${at}`);
      }
    }
    assert.equal(tokens.verifySync(token, 'messages:send')?.code, 'valid');
  });

  for (const [generator, fill] of [
    ['throws', () => assert.fail('no generator')],
    ['gives zeros', <T>(bytes: T) => bytes],
  ] as const) {
    test(`is compared by its digest if the generator ${generator}`, async () => {
      const tokens = await deployment({ freshness: '5s', usage: false });
      const { token } = await createToken(tokens);
      crypto.getRandomValues = fill as typeof getRandomValues;
      for (let call = 0; call < 4; call++)
        assert.equal((await tokens.verify(token, 'messages:send')).code, 'valid');
      const last = token.endsWith('0') ? '1' : '0';
      assert.equal(tokens.verifySync(token.slice(0, -1) + last)?.valid, false);
    });
  }

  test('has another key in each instance', async () => {
    const keys: string[] = [];
    crypto.getRandomValues = ((bytes: Uint8Array) => {
      getRandomValues.call(crypto, bytes);
      if (bytes.length === 32) keys.push(Buffer.from(bytes).toString('hex'));
      return bytes;
    }) as typeof getRandomValues;
    await recognised();
    await recognised();
    assert.equal(keys.length, 2);
    assert.equal(new Set(keys).size, 2);
  });
});
