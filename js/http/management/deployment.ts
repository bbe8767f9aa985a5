import { json, type Route } from '../route.js';
import { ref } from '../schemas/schema.js';
import { managed } from './management-route.js';

/** The deployment and the actor: what a screen needs first. */
export function deploymentRoutes(basePath: string): Route[] {
  return managed(basePath, 'Deployment', [
    {
      method: 'GET',
      path: '/deployment',
      id: 'getDeployment',
      summary: 'The catalog, and how credentials begin',
      answers: { 200: { description: 'The deployment.', schema: ref('Deployment') } },
      run: async ({ tokens }) => json(tokens.deployment()),
    },
    {
      method: 'GET',
      path: '/actor',
      id: 'getActor',
      summary: 'Who is asking, as the host knows it',
      answers: { 200: { description: 'The actor.', schema: ref('Actor') } },
      run: async ({ actor }) => json(actor),
    },
  ]);
}
