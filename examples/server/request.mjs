import { actorHeader } from './people.mjs';

/**
 * The headers of a step's request: with the credential of the walk, which is `token`, or one that
 * is `altered`, or none; or as a
 * person whom the demo knows.
 */
export function headersOf({ body, as, credential = as === undefined ? 'own' : 'none', headers }, token) {
  const bearer = { own: token, altered: `x${token}` }[credential];
  return {
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    ...(as === undefined ? {} : { [actorHeader]: as }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  };
}
