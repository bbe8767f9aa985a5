import { css } from 'lit';

/**
 * What single screens have: the facts of a token, its history and sessions, the steps of a form,
 * the secret that is shown once.
 */
export const screens = css`
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr));
    gap: 1rem 1.5rem;
    margin-block: 1.25rem;
    padding: 1.25rem;
    border: 1px solid var(--border);
    border-radius: var(--radius);
  }
  .facts .whole {
    grid-column: 1 / -1;
  }
  .facts dt {
    font-size: 0.875rem;
    color: var(--muted);
  }
  .facts dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .plain {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .plain li {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    align-items: baseline;
  }
  .facts .plain code {
    font-size: 1em;
    color: inherit;
  }
  .history {
    margin: 0.75rem 0;
    padding: 0;
    list-style: none;
    border-inline-start: 2px solid var(--border);
  }
  .history li {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1rem;
    justify-content: space-between;
    padding: 0.5rem 1rem;
    overflow-wrap: anywhere;
  }
  .history li > small {
    flex-basis: 100%;
  }
  .lines {
    margin: 0.75rem 0;
    padding: 0;
    list-style: none;
    border-block-start: 1px solid var(--border);
  }
  .lines li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    padding-block: 0.5rem;
    border-block-end: 1px solid var(--border);
    overflow-wrap: anywhere;
  }
  .lines time span {
    color: inherit;
  }
  .lines time small {
    display: none;
  }
  .line-of {
    display: block;
  }
  .steps {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.5rem;
    margin: 1rem 0;
    padding: 0;
    list-style: none;
    color: var(--muted);
  }
  .steps li {
    display: flex;
    gap: 0.5rem;
    align-items: center;
  }
  .steps span {
    display: grid;
    place-items: center;
    inline-size: 1.75rem;
    block-size: 1.75rem;
    border: 1px solid var(--line);
    border-radius: 50%;
    font-size: 0.875rem;
  }
  .steps b {
    font-weight: inherit;
  }
  .steps [aria-current='step'] {
    color: var(--text);
    font-weight: 600;
  }
  .steps [aria-current='step'] span {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  .steps .done span {
    color: var(--good);
    border-color: var(--good);
  }
  .once {
    padding: 1.5rem;
    border: 1px solid var(--border);
    border-radius: calc(2 * var(--radius));
  }
  .once h2 .icon,
  dialog h3 .icon {
    vertical-align: -0.125em;
    color: var(--good);
  }
  @container (inline-size < 36rem) {
    .once {
      padding: 1rem;
    }
    .facts {
      grid-template-columns: 1fr;
      gap: 0.5rem;
      padding: 1rem;
    }
    .facts > div {
      display: grid;
      grid-template-columns: 7.5rem 1fr;
      gap: 0.5rem;
    }
    .steps {
      gap: 0.5rem 1rem;
    }
    .steps li:not([aria-current='step']) b {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
`;
