/** What `npm run bench` can measure. */

/** The modules of parts/ in the order in which they run, each with the keys of its parts. */
export const modules = {
  races: ['verify', 'personal', 'restricted', 'miss', 'refuse', 'create', 'permission'],
  nodes: ['nodes'],
  servers: ['servers'],
  workerd: ['workerd'],
  size: ['size'],
  start: ['start'],
  memory: ['memory'],
  million: ['million'],
  growth: ['growth'],
  catalog: ['catalog'],
  iam: ['iam'],
  'large-grants': ['large-grants'],
  native: ['native', 'instructions'],
  stores: ['stores'],
  contention: ['contention'],
  'stored-million': ['stored-million'],
  'store-sizes': ['store-sizes'],
};
