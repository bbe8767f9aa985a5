import type { HTMLAttributes } from 'preact';
import type { LeastkeyPortalElement, PortalProperties } from './index.js';

export * from './index.js';

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'leastkey-portal': HTMLAttributes<LeastkeyPortalElement> & PortalProperties;
    }
  }
}
