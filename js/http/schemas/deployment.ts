import { described, list, mapOf, object, type Schema, TEXT } from './schema.js';

/** The deployment and whoever manages it, by the names that the OpenAPI document gives them. */
export const DEPLOYMENT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Deployment: object({
    prefix: described('The start of every credential.', TEXT),
    catalog: described('Services, templates, roles and kinds.', { type: 'object' }),
  }),
  Actor: {
    oneOf: [
      object({
        id: TEXT,
        'roles?': described('By resource.', mapOf(TEXT)),
        'permissions?': list(TEXT),
      }),
      object({ token: described('The id of the token that this actor is.', TEXT) }),
    ],
  },
};
