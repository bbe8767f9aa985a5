/** The checks of stores on servers that `npm test` leaves out: `npm run test:stores`. */

import { installServers } from '../setup/servers.mjs';
import { installValkey } from '../setup/valkey.mjs';
import { tapCounts } from './counts.mjs';

/** @param {import('./consumer.mjs').Consumer} consumer */
export function storeChecks(consumer) {
  return [
    {
      key: 'stores-install',
      label: 'Stores: MariaDB and Valkey are there',
      estimate: 60_000,
      needs: 'compiled tests',
      provides: 'store servers',
      work: async () => {
        await installServers(['mariadb']);
        process.env.LEASTKEY_VALKEY = await installValkey();
      },
    },
    {
      key: 'stores-test',
      label: 'Stores: the contract on MariaDB and Valkey',
      estimate: 60_000,
      needs: 'store servers',
      counts: tapCounts,
      work: () => consumer.runServerTests('tests/js/stores'),
    },
  ];
}
