/**
 * Typical mistakes of somebody who knows Unkey, Better Auth or GitHub. Each has to be answered with
 * its code, with what is wrong, where it is, and what would be right.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import ofCalls from './mistakes/of-calls.mjs';
import ofCatalogs from './mistakes/of-catalogs.mjs';
import ofCreate from './mistakes/of-create.mjs';
import ofOptions from './mistakes/of-options.mjs';
import ofPrograms from './mistakes/of-programs.mjs';
import ofVerify from './mistakes/of-verify.mjs';

const groups = {
  'options and stores': ofOptions,
  catalogs: ofCatalogs,
  create: ofCreate,
  'calls on tokens': ofCalls,
  'verification, guards and the handler': ofVerify,
  'programs, servers and clients': ofPrograms,
};

/** What a mistake is answered with: an error, or its code, path and message. */
async function answerTo(call) {
  try {
    return { accepted: await call() };
  } catch (answer) {
    return answer;
  }
}

/** Which of the four an answer lacks. */
function lacks(answer, { code, where, what, right }) {
  if (answer === undefined || 'accepted' in answer) return ['a refusal'];
  // The cause, too: an error of a store is for the people of the host, who read both.
  const message = `${answer.message} ${answer.cause?.message ?? ''}`;
  const parts = {
    code: answer.code === code,
    where: answer.path === where || message.includes(where),
    what: what.test(message),
    'what would be right': right.test(message),
  };
  return Object.keys(parts).filter((part) => !parts[part]);
}

for (const [group, mistakes] of Object.entries(groups)) {
  describe(`mistakes: ${group}`, () => {
    for (const { mistake, call, expect } of mistakes) {
      test(mistake, async () => {
        const answer = await answerTo(call);
        assert.deepEqual(lacks(answer, expect), [], `${answer?.code}: ${answer?.path}: ${answer?.message}`);
      });
    }
  });
}

test('there are at least a hundred mistakes, each once', () => {
  const names = Object.entries(groups).flatMap(([group, mistakes]) =>
    mistakes.map(({ mistake }) => `${group}: ${mistake}`),
  );
  assert.ok(names.length >= 100, `${names.length}`);
  assert.equal(new Set(names).size, names.length);
});
