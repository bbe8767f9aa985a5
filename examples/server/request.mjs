import { actorHeader } from './people.mjs';

/**
 * The headers of a step's request: with a credential of the walk, with an altered one, without one,
 * or as a user of the demo.
 *
 * @param secrets the credentials by name: `TOKEN`, and what steps have kept
 */
export function headersOf({ body, as, credential = as === undefined ? 'TOKEN' : 'none', headers }, secrets) {
  const bearer = credential === 'altered' ? `x${secrets.TOKEN}` : secrets[credential];
  return {
    ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    ...(as === undefined ? {} : { [actorHeader]: as }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  };
}
