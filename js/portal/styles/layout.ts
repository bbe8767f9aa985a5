import { css } from 'lit';

/** Where things stand, and the texts between them. */
export const layout = css`
  .portal {
    max-inline-size: 76rem;
    margin-inline: auto;
    padding: 1.5rem;
  }
  .portal > :not(leastkey-token-list, .said) {
    display: block;
  }
  leastkey-create-token,
  leastkey-token-page,
  leastkey-edit-token,
  leastkey-copy-once {
    display: block;
  }
  leastkey-token-page,
  leastkey-copy-once,
  .split {
    max-inline-size: 52rem;
  }
  .split:not(:has(> aside)) {
    max-inline-size: 40rem;
  }
  .split > aside {
    margin-block: 1.75rem;
  }
  leastkey-manage-token {
    display: contents;
  }
  h2,
  h3,
  h4 {
    margin: 0;
    line-height: 1.25;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.5rem;
  }
  h2:focus,
  h3:focus {
    outline: none;
  }
  h3 {
    font-size: 1.125rem;
  }
  h4 {
    font-size: 1rem;
  }
  p {
    margin-block: 0.5rem;
  }
  small {
    font-size: 0.875rem;
    color: var(--muted);
  }
  code {
    font-family: var(--code);
    font-size: 0.8125rem;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  section {
    margin-block: 1.75rem;
  }
  nav {
    margin-block-end: 0.75rem;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem 1rem;
    align-items: center;
    justify-content: space-between;
  }
  .side {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    margin-block: 0.75rem;
  }
  .guidance {
    max-inline-size: 68ch;
    color: var(--muted);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    justify-content: end;
    margin-block-start: 1.5rem;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .icon {
    inline-size: 1em;
    block-size: 1em;
    flex: none;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  :host(:dir(rtl)) :is(.icon-back, .icon-right) {
    transform: scaleX(-1);
  }
  .note {
    display: flex;
    gap: 0.625rem;
    margin-block: 1rem;
    padding: 0.75rem 1rem;
    border: 1px solid var(--border);
    border-inline-start: 0.25rem solid var(--accent);
    border-radius: var(--radius);
    background: var(--raised);
  }
  .note > .icon {
    margin-block-start: 0.25rem;
    color: var(--accent);
  }
  .note > div {
    flex: 1;
    min-inline-size: 0;
  }
  .note p,
  .note ul {
    margin-block: 0.25rem;
    overflow-wrap: anywhere;
  }
  .note button {
    margin-block-start: 0.25rem;
  }
  .note.warning {
    border-inline-start-color: var(--warning);
  }
  .note.warning > .icon {
    color: var(--warning);
  }
  .note.failure {
    border-inline-start-color: var(--danger);
  }
  .note.failure > .icon {
    color: var(--danger);
  }
  .empty {
    padding: 3rem 1rem;
    text-align: center;
    border: 1px dashed var(--border);
    border-radius: var(--radius);
  }
  .empty > .icon {
    inline-size: 2rem;
    block-size: 2rem;
    color: var(--muted);
  }
  .said {
    position: fixed;
    inset-block-end: 1.5rem;
    inset-inline: 1rem;
    z-index: 1;
    pointer-events: none;
    inline-size: fit-content;
    margin: 0 auto;
    padding: 0.625rem 1rem;
    border-radius: var(--radius);
    background: var(--text);
    color: var(--surface);
    overflow-wrap: anywhere;
  }
  .said:empty {
    opacity: 0;
  }
  /* What it comes to stays in sight beside what is chosen. */
  @container (inline-size >= 64rem) {
    .split:has(> aside) {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 20rem;
      gap: 0 2rem;
      max-inline-size: none;
    }
    .split > aside {
      position: sticky;
      inset-block-start: 1rem;
      align-self: start;
    }
    .split > footer {
      grid-column: 1;
    }
  }
  @container (inline-size < 36rem) {
    .portal {
      padding: 1rem;
    }
    footer > button {
      flex: 1 1 auto;
    }
  }
`;
