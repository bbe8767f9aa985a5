// #region set-up
import { etcdStore } from 'leastkey/stores/etcd';

const store = etcdStore({
  endpoints: ['http://10.0.0.1:2379', 'http://10.0.0.2:2379', 'http://10.0.0.3:2379'],
});
await store.migrate();
console.log(await store.check()); // [], or advice on its size and compaction

// #endregion

export { store };
