import { css } from 'lit';

/**
 * What a host changes: `leastkey-portal { --leastkey-accent: teal }`. Light or dark is the reader's
 * choice, or the attribute's.
 */
export const theme = css`
  :host {
    color-scheme: light dark;
    --text: var(--leastkey-text, light-dark(#1a2030, #e7eaf1));
    --muted: var(--leastkey-muted, light-dark(#545d72, #a4adc0));
    --surface: var(--leastkey-surface, light-dark(#ffffff, #12151d));
    --raised: var(--leastkey-raised, light-dark(#f5f6f9, #1b202b));
    --border: var(--leastkey-border, light-dark(#d5d9e2, #343b4a));
    --line: var(--leastkey-line, light-dark(#838b9c, #6f788b));
    --accent: var(--leastkey-accent, light-dark(#2450c8, #93b2ff));
    --on-accent: var(--leastkey-on-accent, light-dark(#ffffff, #0d1530));
    --danger: var(--leastkey-danger, light-dark(#b3201c, #ff9a92));
    --on-danger: var(--leastkey-on-danger, light-dark(#ffffff, #36090a));
    --good: var(--leastkey-good, light-dark(#17693b, #7fd6a3));
    --warning: var(--leastkey-warning, light-dark(#7d4a00, #f2c078));
    --radius: var(--leastkey-radius, 0.5rem);
    --font: var(--leastkey-font, inherit);
    --code: var(--leastkey-code, ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', monospace);
    display: block;
    container-type: inline-size;
    color: var(--text);
    background: var(--surface);
    font-family: var(--font);
    line-height: 1.5;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
`;
