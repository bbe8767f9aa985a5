import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { CredentialSource, Verdict } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';
import { createToken, deployment, PREFIX } from '../support/deployment.js';
import { wrapped } from '../support/wrapped-store.js';

const reads: string[][] = [];
const inner = memoryStore();
const store = wrapped(inner, {
  get(keys) {
    reads.push(keys);
    return inner.get(keys);
  },
});
const tokens = await deployment({ store });
const { token } = await createToken(tokens);

const header = (authorization: string) => new Headers({ authorization });

type Outcome = Pick<Verdict, 'code' | 'status' | 'error'>;
const VALID: Outcome = { code: 'valid', status: 200 };
const MISSING: Outcome = { code: 'missing', status: 401 };
const BAD_HEADER: Outcome = { code: 'malformed', status: 400, error: 'invalid_request' };
const BAD_CREDENTIAL: Outcome = { code: 'malformed', status: 401, error: 'invalid_token' };
const AMBIGUOUS: Outcome = { code: 'ambiguous_credentials', status: 400, error: 'invalid_request' };

const twice = new Headers([
  ['authorization', `Bearer ${token}`],
  ['authorization', `Bearer ${token}`],
]);

describe('sources and form of a credential (RFC 6750)', () => {
  const cases: [title: string, source: CredentialSource, outcome: Outcome][] = [
    ['the bare text', token, VALID],
    ['a header', header(`Bearer ${token}`), VALID],
    [
      'a request',
      new Request('https://example.com', { headers: { authorization: `Bearer ${token}` } }),
      VALID,
    ],
    [
      'headers of another realm',
      runInNewContext('({ get: (name) => values[name] })', { values: { authorization: `Bearer ${token}` } }),
      VALID,
    ],
    ['the scheme in small letters', header(`bearer ${token}`), VALID],
    ['the scheme in capitals', header(`BEARER ${token}`), VALID],
    ['several blanks between', header(`Bearer    ${token}`), VALID],
    ['blanks around', header(`  Bearer ${token}  `), VALID],

    ['nothing', undefined, MISSING],
    ['null', null, MISSING],
    ['an empty text', '', MISSING],
    ['no header', new Headers(), MISSING],
    ['an empty header', header(''), MISSING],
    ['another scheme', header('Basic YWRhOnNlY3JldA=='), MISSING],
    ['another scheme with parts', header('Digest username="ada", realm="x"'), MISSING],
    ['a scheme that only begins like it', header(`Bearerer ${token}`), MISSING],
    ['the token without a scheme', header(token), MISSING],
    ['a token in the query', new Request(`https://example.com/?access_token=${token}`), MISSING],
    [
      'a token in the body',
      new Request('https://example.com', {
        method: 'POST',
        body: new URLSearchParams({ access_token: token }),
      }),
      MISSING,
    ],

    ['the scheme alone', header('Bearer'), BAD_HEADER],
    ['a tab between', header(`Bearer\t${token}`), BAD_HEADER],
    ['a tab after the blank', header(`Bearer \t${token}`), BAD_HEADER],
    ['a blank within', header(`Bearer ${token.slice(0, 20)} ${token.slice(20)}`), BAD_HEADER],
    ['more after the token', header(`Bearer ${token} more`), BAD_HEADER],
    ['quotes around the token', header(`Bearer "${token}"`), BAD_HEADER],
    ['a character beyond ASCII', header(`Bearer ${token}é`), BAD_HEADER],
    ['a header of 1 MiB', header(`Bearer ${'a'.repeat(2 ** 20)}`), BAD_HEADER],
    ['1 MiB of blanks', { get: () => `Bearer${' '.repeat(2 ** 20)}x` }, BAD_HEADER],
    ['a header that is no text', { get: () => 5 as never }, BAD_HEADER],

    ['two headers', twice, AMBIGUOUS],
    ['two tokens in one header', header(`Bearer ${token}, Bearer ${token}`), AMBIGUOUS],
    ['two tokens without a blank', header(`Bearer ${token},Bearer ${token}`), AMBIGUOUS],
    ['two tokens under one scheme', header(`Bearer ${token}, ${token}`), AMBIGUOUS],
    ['another scheme beside it', header(`Basic YWRhOnNlY3JldA==, Bearer ${token}`), AMBIGUOUS],
    ['another scheme behind it', header(`Bearer ${token}, Basic YWRhOnNlY3JldA==`), AMBIGUOUS],

    ['text with the scheme', `Bearer ${token}`, BAD_CREDENTIAL],
    ['text with a blank before it', ` ${token}`, BAD_CREDENTIAL],
    ['text with a line break after it', `${token}\n`, BAD_CREDENTIAL],
    ['text beyond ASCII', `${token.slice(0, -1)}é`, BAD_CREDENTIAL],
    ['text that looks like ASCII', token.replace('a', 'а'), BAD_CREDENTIAL],
    ['text with U+0000', `${token}\0`, BAD_CREDENTIAL],
    ['text of 1 MiB', 'a'.repeat(2 ** 20), BAD_CREDENTIAL],
    ['a token of 1 MiB with the right start', token + 'a'.repeat(2 ** 20), BAD_CREDENTIAL],
    ['a token cut short', token.slice(0, -1), BAD_CREDENTIAL],
    ['a token with more', `${token}a`, BAD_CREDENTIAL],
    ['the prefix alone', `${PREFIX}_`, BAD_CREDENTIAL],
    ['the prefix in other case', token.replace(PREFIX, PREFIX.toUpperCase()), BAD_CREDENTIAL],
    ['the prefix of another deployment', token.replace(PREFIX, 'acme_live'), BAD_CREDENTIAL],
    ['a header with a token too long', header(`Bearer ${'a'.repeat(300)}`), BAD_CREDENTIAL],
    ['a header with something else', header('Bearer abc.def.ghi=='), BAD_CREDENTIAL],
  ];
  for (const [title, source, outcome] of cases) {
    test(title, async () => {
      reads.length = 0;
      const { valid, code, status, error, token: verified } = await tokens.verify(source);
      assert.deepEqual({ code, status, ...(error && { error }) }, outcome);
      assert.equal(valid, code === 'valid');
      if (!valid) {
        assert.equal(verified, undefined);
        assert.deepEqual(reads, [], 'the store was asked');
      }
    });
  }

  test('any single changed character is refused, nearly always without a read', async () => {
    reads.length = 0;
    let changed = 0;
    for (let at = 0; at < token.length; at++) {
      for (const letter of '0aZ_-') {
        if (letter === token[at]) continue;
        const { valid, code } = await tokens.verify(token.slice(0, at) + letter + token.slice(at + 1));
        assert.equal(valid, false, `${letter} at ${at}`);
        assert.ok(['malformed', 'bad_checksum', 'unknown', 'bad_secret'].includes(code));
        changed += 1;
      }
    }
    assert.ok(changed > 200 && reads.length < changed / 100, `${reads.length} of ${changed} asked the store`);
  });

  test('a refusal reveals nothing of the record before the secret has matched', async () => {
    const other = await createToken(tokens, { name: 'Other' });
    await tokens.revoke(other.id, {}, { id: 'user:ada', roles: { 'org:acme': 'admin' } });
    const verdict = await tokens.verify(other.token);
    assert.equal(verdict.code, 'revoked');
    const unknown = await deployment();
    assert.equal((await unknown.verify(token)).code, 'unknown');
    assert.equal((await unknown.verify(token)).token, undefined);
  });
});
