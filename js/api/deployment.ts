import type { Catalog } from './catalog.js';

/** What a deployment of Leastkey was started with, as far as everybody who manages tokens may know it. */
export interface Deployment {
  /** The start of every credential. */
  prefix: string;
  /** What can be granted. */
  catalog: Catalog;
}
