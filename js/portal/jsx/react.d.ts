import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { LeastkeyPortalElement, PortalProperties } from './index.js';

export * from './index.js';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'leastkey-portal': DetailedHTMLProps<HTMLAttributes<LeastkeyPortalElement>, LeastkeyPortalElement> &
        PortalProperties;
    }
  }
}
