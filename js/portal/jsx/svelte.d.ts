import type { HTMLAttributes } from 'svelte/elements';
import type { LeastkeyPortalElement, PortalProperties } from './index.js';

export * from './index.js';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'leastkey-portal': HTMLAttributes<LeastkeyPortalElement> & PortalProperties;
  }
}
