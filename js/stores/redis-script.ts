/** The Lua script of a Redis store: every call is one run of it, so nothing comes between. */

import type { Range, Write } from '../api/store.js';

/** The version of the keys, kept in the hash under a name that no key of the contract has. */
export const FORMAT = '1';

/** The most expired keys that one commit deletes. */
const SWEEP = 64;

/**
 * KEYS: a hash with the values, a set of all keys in byte order, and a set of the expiring keys by
 * their time. ARGV: the call, whether replicas are allowed, and the arguments of the call.
 *
 * Everything is compared before anything is written, and a script is not interrupted. A user that
 * may not publish changes everything else all the same.
 */
export const SCRIPT = `
local values, keys, expiring = KEYS[1], KEYS[2], KEYS[3]
local call = ARGV[1]
local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then return {'replica'} end
if ARGV[2] ~= '1' and not string.find(replication, 'connected_slaves:0', 1, true) then return {'replicas'} end

local format = redis.call('HGET', values, '\\0')
if call == 'migrate' then
  if not format then redis.call('HSET', values, '\\0', '${FORMAT}') end
  return {'ok', format or '${FORMAT}'}
end
if format ~= '${FORMAT}' then return {'format', format or ''} end

if call == 'get' then
  return {'ok', redis.call('HMGET', values, unpack(ARGV, 3))}
end

if call == 'list' then
  local found = redis.call('ZRANGEBYLEX', keys, ARGV[3], ARGV[4], 'LIMIT', 0, ARGV[5])
  if #found == 0 then return {'ok', found, found} end
  return {'ok', found, redis.call('HMGET', values, unpack(found))}
end

if call == 'commit' or call == 'commit-and-push' then
  for at = 4, #ARGV, 6 do
    local expect = ARGV[at + 1]
    if expect ~= 'any' then
      local value = redis.call('HGET', values, ARGV[at])
      if expect == 'absent' then
        if value then return {'ok', 0} end
      elseif value ~= ARGV[at + 2] then
        return {'ok', 0}
      end
    end
  end
  local function remove(key)
    redis.call('HDEL', values, key)
    redis.call('ZREM', keys, key)
    redis.call('ZREM', expiring, key)
  end
  for at = 4, #ARGV, 6 do
    local key, change, expires = ARGV[at], ARGV[at + 3], ARGV[at + 5]
    if change == 'delete' then
      remove(key)
    elseif change == 'put' then
      redis.call('HSET', values, key, ARGV[at + 4])
      redis.call('ZADD', keys, 0, key)
      if expires == '' then redis.call('ZREM', expiring, key) else redis.call('ZADD', expiring, expires, key) end
    end
  end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiring, '-inf', ARGV[3], 'LIMIT', 0, ${SWEEP})) do
    remove(key)
  end
  if call == 'commit-and-push' then redis.pcall('PUBLISH', values, '') end
  return {'ok', 1}
end
return {'ok'}
`;

/** The arguments of a `list`. Keys are printable ASCII, so 0x7f is after every key of a prefix. */
export function rangeArguments({ prefix, after = '', limit }: Range): string[] {
  const from = after >= prefix && after !== '' ? `(${after}` : `[${prefix}`;
  return [from, `(${prefix}\x7f`, String(limit)];
}

/** The arguments of a `commit`: six for each write. */
export function commitArguments(writes: readonly Write[], now: number): string[] {
  const items = writes.flatMap(({ key, expect, value, expiresAt }) => [
    key,
    expect === undefined ? 'any' : expect === null ? 'absent' : 'equal',
    expect ?? '',
    value === undefined ? 'look' : value === null ? 'delete' : 'put',
    value ?? '',
    expiresAt === undefined ? '' : String(expiresAt),
  ]);
  return [String(Math.floor(now)), ...items];
}
