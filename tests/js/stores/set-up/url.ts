// #region set-up
import { openStore } from 'leastkey/stores/open';

const store = await openStore(process.env.LEASTKEY_STORE, { migrate: true });
// … and when the program ends:
await store.close();
// #endregion
