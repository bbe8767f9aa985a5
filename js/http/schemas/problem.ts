import { STATUSES } from '../refusal.js';
import { list, object, oneOf, type Schema, TEXT } from './schema.js';

/** What refusals look like. */
export const PROBLEM_SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: {
    ...object({
      type: { const: 'about:blank' },
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: TEXT,
      code: oneOf(...Object.keys(STATUSES)),
      'path?': TEXT,
      'problems?': list(object({ path: TEXT, message: TEXT })),
    }),
    description: 'RFC 9457. Branch on `code`.',
  },
};
