/** The table of a MySQL or MariaDB store: how it is made, and what is checked. */

import { LeastkeyError } from '../api/errors.js';
import { invalidInput } from '../input/options.js';

/** Rises with a change of the table. */
const SCHEMA_VERSION = 1;

/** Marks the table as Leastkey's, with its version. */
const MARK = 'leastkey store ';

/** Reads the name that the host chose, and returns it in quotes. */
export function readTable(table: unknown): { name: string; quoted: string } {
  if (typeof table !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(table))
    throw invalidInput(
      'table',
      'expected a name of 1 to 64 letters, digits and _, not beginning with a digit',
    );
  return { name: table, quoted: `\`${table}\`` };
}

/** Bytes, because columns of text ignore blanks and case. What exists is left alone. */
export const createTable = (quoted: string) => `CREATE TABLE IF NOT EXISTS ${quoted} (
  k VARBINARY(512) NOT NULL PRIMARY KEY,
  v LONGBLOB NOT NULL,
  e BIGINT NULL,
  INDEX expiring (e)
) ENGINE = InnoDB COMMENT = '${MARK}${SCHEMA_VERSION}'`;

/** One row, if there is a table of that name in the database of the connection. */
export const TABLE_FACTS = `SELECT ENGINE AS engine, TABLE_COMMENT AS mark FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`;

export interface TableFacts {
  engine: string;
  mark: string;
}

/** Those that exist are answered; which do depends on the product and its plugins. */
export const SERVER_SETTINGS = `SHOW GLOBAL VARIABLES WHERE Variable_name IN
  ('read_only', 'super_read_only', 'innodb_read_only', 'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog',
   'wsrep_on', 'group_replication_single_primary_mode')`;

/** Refuses a server that would break a promise of the storage contract. */
export function refuseSettings(settings: ReadonlyMap<string, string>, durable: boolean): void {
  const isOn = (name: string) => settings.get(name) === 'ON';
  if (isOn('read_only') || isOn('super_read_only') || isOn('innodb_read_only')) throw refusal(REPLICA);
  if (isOn('wsrep_on') || settings.get('group_replication_single_primary_mode') === 'OFF') {
    throw refusal(
      'several nodes take writes (Galera, or group replication without a single primary), and none sees the locks of another; use one primary',
    );
  }
  if (durable) return;
  const flush = settings.get('innodb_flush_log_at_trx_commit');
  if (flush !== '1') {
    throw refusal(
      `innodb_flush_log_at_trx_commit is ${flush}, so a crash loses acknowledged changes; set it to 1, or give durable: true if the service keeps them otherwise`,
    );
  }
  if (isOn('log_bin') && settings.get('sync_binlog') !== '1') {
    throw refusal(
      'sync_binlog is not 1, so a crash loses acknowledged changes; set it to 1, or give durable: true if the service keeps them otherwise',
    );
  }
}

export function refuseTable(facts: TableFacts | undefined, name: string): void {
  if (facts === undefined) throw refusal(`there is no table ${name} yet; ${MIGRATE}`);
  const [, version] = new RegExp(`^${MARK}([0-9]{1,9})$`).exec(facts.mark) ?? [];
  if (version === undefined) throw refusal(`${name} is the table of another program; give another table`);
  if (Number(version) > SCHEMA_VERSION)
    throw refusal(
      `${name} was made by a newer version of Leastkey (schema ${version}; this one knows ${SCHEMA_VERSION}): update leastkey`,
    );
  if (Number(version) < SCHEMA_VERSION)
    throw refusal(`${name} was made by an older version of Leastkey; ${MIGRATE}`);
  if (facts.engine !== 'InnoDB')
    throw refusal(
      `${name} has the engine ${facts.engine}, which has no transactions; ALTER TABLE ${name} ENGINE = InnoDB`,
    );
}

export const MIGRATE = 'call migrate() of the store once, as a user that may create tables';

export const REPLICA =
  'this server is read-only, like a replica, where a revocation may not have arrived yet; connect to the primary';

export function refusal(message: string, cause?: unknown): LeastkeyError {
  return new LeastkeyError('store_unavailable', `MySQL: ${message}`, { cause });
}
