/**
 * Who manages tokens. DEMO ONLY: a header names the user, without any proof. A real host uses its
 * own login here, and returns `null` for an unknown user. A token that manages tokens is verified.
 */

/** By the name in the header. The host passes their rights at each call. */
const people = {
  ada: { id: 'user:1', roles: { 'org:acme': 'admin', 'user:1': 'user' } },
  gil: { id: 'user:2', roles: { 'org:acme/group:eng': 'admin', 'user:2': 'user' } },
  ben: { id: 'user:7', roles: { 'user:7': 'user' } },
  eve: { id: 'user:9', roles: { 'org:other': 'admin' } },
};

export const actorHeader = 'Demo-Actor';

export const person = (name) => (Object.hasOwn(people, name) ? people[name] : null);

/** The names of this machine for itself. Another name comes from a foreign page (DNS rebinding). */
const own = ['127.0.0.1', 'localhost'];

/**
 * The `authenticate` of Leastkey's handler: a credential in the `Authorization` header makes its
 * token the actor, and the demo header one of the people. `clientIp`: for the conditions of a token.
 */
export function authenticator(tokens, clientIp) {
  return async (request) => {
    if (!own.includes(new URL(request.url).hostname)) return null;
    if (!request.headers.has('authorization')) return person(request.headers.get(actorHeader) ?? '');
    const context = { ip: clientIp(request), origin: request.headers.get('origin') ?? undefined };
    const { valid, token } = await tokens.verify(request, undefined, context);
    return valid ? { token: token.id } : null;
  };
}
