import { html, svg, type TemplateResult } from 'lit';

const PATHS = {
  plus: svg`<path d="M8 3v10M3 8h10" />`,
  pencil: svg`<path d="m3 13 .7-3L10.5 3.2a1.4 1.4 0 0 1 2 0l.3.3a1.4 1.4 0 0 1 0 2L6 12.3zM9.3 4.4l2.3 2.3" />`,
  down: svg`<path d="m4.5 6.5 3.500 3.5 3.5-3.5" />`,
  right: svg`<path d="M6.500 4.500 10 8l-3.500 3.5" />`,
  back: svg`<path d="M9.5 4.500 6 8l3.500 3.5" />`,
  copy: svg`<rect x="5.5" y="5.5" width="7.500" height="8" rx="1.5" /><path d="M10.500 5.500v-1.500a1.5 1.5 0 0 0-1.500-1.5h-4.500A1.500 1.5 0 0 0 3 4v5a1.500 1.500 0 0 0 1.500 1.500h1" />`,
  check: svg`<path d="m3.5 8.500 3 3 6-7" />`,
  partly: svg`<path d="M4 8h8" />`,
  warning: svg`<path d="M8 2.500 14 13H2zM8 6.500v3M8 11.300v.1" />`,
  key: svg`<circle cx="5.500" cy="10.500" r="2.800" /><path d="m7.600 8.400 5.400-5.400m-2 2 1.800 1.800" />`,
  download: svg`<path d="M8 2.500v7m-3-3 3 3 3-3M3 12.500h10" />`,
} as const;

/** A decorative icon beside a text, hidden from screen readers. */
export function icon(name: keyof typeof PATHS): TemplateResult {
  return html`<svg class="icon icon-${name}" viewBox="0 0 16 16" aria-hidden="true">${PATHS[name]}</svg>`;
}
