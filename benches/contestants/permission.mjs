/** The permission check alone: of 1,000 that are granted, 50 are required. */

import { granted, requiredMany } from '../scenario.mjs';

const isRight = (allowed) => allowed === true;

export function set() {
  const held = new Set(granted);
  return { call: () => requiredMany.every((permission) => held.has(permission)), isRight };
}

/** The names have become numbers once, the grant and what is required have become words of 32 bits. */
export function bitset() {
  const numbers = new Map(granted.map((permission, at) => [permission, at]));
  const words = (permissions) => {
    const bits = new Int32Array(granted.length / 32 + 1);
    for (const permission of permissions) {
      const number = numbers.get(permission);
      bits[number >> 5] |= 1 << (number & 31);
    }
    return bits;
  };
  const held = words(granted);
  const wanted = words(requiredMany);
  const includes = (one, other) => {
    for (let at = 0; at < other.length; at += 1) if ((one[at] & other[at]) !== other[at]) return false;
    return true;
  };
  return { call: () => includes(held, wanted), isRight };
}

export async function casl() {
  const { createMongoAbility } = await import('@casl/ability');
  const rules = granted.map((permission) => {
    const [subject, action] = permission.split(':');
    return { subject, action };
  });
  const ability = createMongoAbility(rules);
  const wanted = requiredMany.map((permission) => permission.split(':'));
  return { call: () => wanted.every(([subject, action]) => ability.can(action, subject)), isRight };
}

/** One policy names all that is granted, and was parsed beforehand; each permission is one question. */
export async function cedar() {
  const { preparsePolicySet, statefulIsAuthorized } = await import('@cedar-policy/cedar-wasm/nodejs');
  const actions = granted.map((permission) => `Action::"${permission}"`).join(', ');
  const parsed = preparsePolicySet('held', {
    staticPolicies: `permit(principal, action in [${actions}], resource);`,
  });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
  const call = (permission) => ({
    principal: { type: 'Token', id: 'one' },
    action: { type: 'Action', id: permission },
    resource: { type: 'Organization', id: 'acme' },
    context: {},
    preparsedPolicySetId: 'held',
    entities: [],
  });
  const calls = requiredMany.map(call);
  return {
    call: () =>
      calls.every((one) => {
        const answer = statefulIsAuthorized(one);
        return answer.type === 'success' && answer.response.decision === 'allow';
      }),
    isRight,
  };
}
