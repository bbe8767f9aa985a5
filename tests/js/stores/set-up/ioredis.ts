// #region set-up
import { Redis } from 'ioredis';

const client = new Redis(url, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });
// #endregion

declare const url: string;

export { client };
