/** Only the permission check: 1,000 are granted, 50 are required. */

import { granted, requiredMany } from '../scenario.mjs';

const isRight = (allowed) => allowed === true;

export function set() {
  const held = new Set(granted);
  return { call: () => requiredMany.every((permission) => held.has(permission)), isRight };
}

/** The names were interned beforehand; the grant and the requirement are 32-bit words. */
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

/**
 * One policy has all granted permissions, and was parsed beforehand; one request names all required
 * ones. Other forms are slower.
 */
export async function cedar() {
  const { preparsePolicySet, statefulIsAuthorized } = await import('@cedar-policy/cedar-wasm/nodejs');
  const held = granted.map((permission) => JSON.stringify(permission)).join(', ');
  const policy = `permit(principal, action, resource) when { [${held}].containsAll(context.required) };`;
  const parsed = preparsePolicySet('held', { staticPolicies: policy });
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
  const question = {
    principal: { type: 'Token', id: 'one' },
    action: { type: 'Action', id: 'call' },
    resource: { type: 'Organization', id: 'acme' },
    context: { required: requiredMany },
    preparsedPolicySetId: 'held',
    entities: [],
  };
  return {
    call: () => {
      const answer = statefulIsAuthorized(question);
      return answer.type === 'success' && answer.response.decision === 'allow';
    },
    isRight,
  };
}
