import { ACCOUNT_SCHEMAS } from './account.js';
import { DEPLOYMENT_SCHEMAS } from './deployment.js';
import { OAUTH_SCHEMAS } from './oauth.js';
import { PROBLEM_SCHEMAS } from './problem.js';
import type { Schema } from './schema.js';
import { SELECTION_SCHEMAS } from './selection.js';
import { TOKEN_SCHEMAS } from './token.js';

/** All that crosses, by the names that the OpenAPI document gives them. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...TOKEN_SCHEMAS,
  ...SELECTION_SCHEMAS,
  ...ACCOUNT_SCHEMAS,
  ...DEPLOYMENT_SCHEMAS,
  ...OAUTH_SCHEMAS,
  ...PROBLEM_SCHEMAS,
};
