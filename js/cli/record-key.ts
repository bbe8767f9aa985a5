import type { TokensOptions } from '../api/tokens-options.js';
import { warnIfOpenToOthers } from '../stores/file-access.js';
import { UsageError } from './exit-codes.js';
import { readText } from './read-file.js';

/**
 * One key, or the new one and the old one. Never an argument: every process of the machine can read
 * those.
 */
export async function readRecordKey(path: string | undefined): Promise<TokensOptions['recordKey']> {
  if (path !== undefined) warnIfOpenToOthers([path], 'the record key');
  const text = path === undefined ? process.env.LEASTKEY_RECORD_KEY : await readText(path);
  if (text === undefined) return undefined;
  const [key, old, ...more] = text.split(/[\s,]+/).filter((word) => word !== '');
  if (more.length > 0) throw new UsageError('more than two record keys: give the new one and the old one');
  if (key !== undefined) return old === undefined ? key : [key, old];
  const place = path === undefined ? 'LEASTKEY_RECORD_KEY is empty' : `${path} has no record key in it`;
  throw new UsageError(`${place}: give the key, or omit it if nothing is sealed`);
}
