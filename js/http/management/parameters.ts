/** Parameters of the query that several routes have. */

import type { Parameter } from '../query.js';
import { TEXT } from '../schemas/schema.js';

export const OWNER: Parameter = {
  description: 'Whose: a resource such as `org:acme`. Default: the actor itself, where its id is a resource.',
  schema: TEXT,
};

export const LIMIT: Parameter = {
  description: 'The most items of one page.',
  schema: { type: 'integer', minimum: 1, maximum: 200 },
};

export const AFTER: Parameter = { description: 'Where the last page ended: its `next`.', schema: TEXT };
