/** The HTTP API, as a catch-all route. */

import { answer } from '../../../../deployment.mjs';

export { answer as DELETE, answer as GET, answer as PATCH, answer as POST, answer as PUT };
