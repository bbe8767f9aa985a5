import type { JSX } from 'solid-js';
import type { LeastkeyPortalElement, PortalProperties } from './index.js';

export * from './index.js';

declare module 'solid-js' {
  namespace JSX {
    interface IntrinsicElements {
      'leastkey-portal': JSX.HTMLAttributes<LeastkeyPortalElement> & PortalProperties;
    }
  }
}
