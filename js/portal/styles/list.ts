import { css } from 'lit';

/** The list of tokens. All its rows have one height, so that only those in sight need be drawn. */
export const list = css`
  leastkey-token-list {
    display: block;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: end;
    margin-block: 1rem;
  }
  .tools label:not(.check) {
    display: grid;
    gap: 0.25rem;
    flex: 1 1 9rem;
    font-size: 0.875rem;
  }
  .tools label:only-child {
    flex-grow: 0;
    flex-basis: 16rem;
  }
  .tools .grow {
    flex: 3 1 14rem;
  }
  .count {
    color: var(--muted);
    font-size: 0.875rem;
  }
  table {
    inline-size: 100%;
    table-layout: fixed;
    border-collapse: collapse;
  }
  thead th {
    padding: 0.5rem;
    border-block-end: 2px solid var(--border);
    font-size: 0.875rem;
    font-weight: 600;
    text-align: start;
    color: var(--muted);
  }
  thead th:first-child {
    inline-size: 28%;
  }
  thead th:nth-child(2) {
    inline-size: 14%;
  }
  thead th:nth-child(6) {
    inline-size: 12%;
  }
  thead th:last-child {
    inline-size: 11%;
  }
  tbody tr:not(.gap) {
    block-size: 6rem;
  }
  tbody tr:not(.gap):hover {
    background: var(--raised);
  }
  tbody tr:not(.gap) > * {
    block-size: 6rem;
    padding: 0.5rem;
    border-block-end: 1px solid var(--border);
    font-weight: 400;
    text-align: start;
    vertical-align: middle;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .gap td {
    padding: 0;
    border: 0;
  }
  td time span {
    display: block;
  }
  .line,
  td small,
  td time small {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .name,
  .scope,
  .meta {
    display: block;
    max-inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: start;
  }
  button.name {
    display: block;
    font-weight: 600;
  }
  .scope,
  .meta {
    color: var(--muted);
    font-size: 0.875rem;
  }
  .narrow {
    display: none;
  }
  .meta small {
    display: none;
  }
  .concerns {
    display: flex;
    gap: 0.25rem;
    margin-block-start: 0.125rem;
    overflow: hidden;
  }
  .badge {
    padding: 0 0.5rem;
    border: 1px solid var(--warning);
    border-radius: 1rem;
    font-size: 0.75rem;
    white-space: nowrap;
    color: var(--warning);
  }
  .badge.good {
    border-color: var(--good);
    color: var(--good);
  }
  .status {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    max-inline-size: 100%;
    min-block-size: 2rem;
    padding: 0.125rem 0.625rem;
    border: 1px solid var(--line);
    border-radius: 1rem;
    font-size: 0.875rem;
    text-align: start;
  }
  .status::before {
    content: '';
    flex: none;
    inline-size: 0.5rem;
    block-size: 0.5rem;
    border-radius: 50%;
    background: var(--muted);
  }
  .status.active::before {
    background: var(--good);
  }
  .status:is(.disabled, .notYet)::before {
    background: var(--warning);
  }
  .status:is(.revoked, .expired)::before {
    background: var(--danger);
  }
  .actions {
    text-align: end;
  }
  tbody tr:not(.gap) > .actions {
    text-align: end;
    padding-inline: 0;
  }
  .further {
    display: flex;
    gap: 0.75rem;
    align-items: center;
    justify-content: center;
    margin-block: 1rem;
  }
  .skeleton div {
    block-size: 4.5rem;
    margin-block: 0.75rem;
    border-radius: var(--radius);
    background: var(--raised);
  }
  @container (inline-size < 64rem) {
    .wide {
      display: none;
    }
    thead th:first-child {
      inline-size: 46%;
    }
    thead th:nth-child(6) {
      inline-size: 20%;
    }
    thead th:last-child {
      inline-size: 14%;
    }
  }
  @container (inline-size < 40rem) {
    .tools label:not(.check) {
      flex-basis: 6.5rem;
    }
    .tools .grow {
      flex-basis: 10rem;
    }
    .middle {
      display: none;
    }
    .narrow {
      display: block;
    }
    thead th:first-child {
      inline-size: 64%;
    }
    thead th:nth-child(6) {
      inline-size: 36%;
    }
    thead th,
    tbody tr:not(.gap) > * {
      padding-inline: 0.25rem;
    }
  }
`;
