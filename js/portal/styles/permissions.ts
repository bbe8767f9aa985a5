import { css } from 'lit';

/** Permission sets, the tree, and what they come to. */
export const permissions = css`
  .sets,
  .roles {
    margin-block-start: 1.25rem;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
    gap: 0.75rem;
    margin-block: 0.75rem;
  }
  .card {
    display: flex;
    gap: 0.75rem;
    padding: 0.875rem 1rem;
    border: 1px solid var(--border);
    border-radius: var(--radius);
    cursor: pointer;
  }
  .card:hover {
    border-color: var(--line);
  }
  .card:has(:checked) {
    border-color: var(--accent);
    background: color-mix(in srgb, var(--accent) 7%, var(--surface));
  }
  .words {
    display: grid;
    align-content: start;
    gap: 0.125rem;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .words > .link {
    justify-self: start;
  }
  .card .badge {
    justify-self: start;
  }
  .advanced {
    margin-block: 1.25rem;
    padding: 0.75rem 1rem;
    border: 1px solid var(--border);
    border-radius: var(--radius);
  }
  .advanced summary {
    font-weight: 600;
    cursor: pointer;
  }
  .advanced summary small {
    display: inline-block;
    margin-inline-start: 0.5rem;
    font-weight: 400;
  }
  leastkey-permission-tree,
  leastkey-permission-editor,
  leastkey-narrowing,
  leastkey-token-sessions,
  leastkey-token-audit {
    display: block;
  }
  .tree {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .tree .tree {
    margin-inline-start: 0.9375rem;
    padding-inline-start: 0.75rem;
    border-inline-start: 1px solid var(--border);
  }
  .node {
    display: flex;
    gap: 0.25rem;
    align-items: start;
    padding-block: 0.25rem;
  }
  .fold,
  .leaf {
    flex: none;
    inline-size: 1.75rem;
    min-block-size: 1.5rem;
    padding: 0;
    border: 0;
    background: none;
  }
  .check {
    display: flex;
    gap: 0.5rem;
    align-items: start;
    min-inline-size: 0;
  }
  label.check {
    cursor: pointer;
  }
  .check > .icon {
    margin-block-start: 0.25rem;
    color: var(--good);
  }
  .check > .icon-partly {
    color: var(--muted);
  }
  .words > span {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.5rem;
    align-items: baseline;
  }
  .words .from {
    font-style: italic;
  }
  .tools .check {
    padding-block: 0.5rem;
  }
  .review {
    padding: 1rem 1.25rem;
    border: 1px solid var(--border);
    border-radius: var(--radius);
    background: var(--raised);
  }
  .summary {
    margin-block: 0.75rem;
  }
  .summary dt {
    font-weight: 600;
  }
  .summary dd {
    margin: 0 0 0.5rem;
    overflow-wrap: anywhere;
  }
  .narrowing {
    margin-block-start: 1.5rem;
  }
  .narrowing .side {
    align-items: end;
  }
  .narrowed {
    margin-block: 0.5rem;
    padding-inline-start: 1.25rem;
  }
  .rows {
    display: grid;
    gap: 0.75rem;
    margin-block: 0.75rem 0;
  }
  .rows dt {
    font-weight: 600;
  }
  .rows dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .rows :is(.del, .ins) {
    display: grid;
    grid-template-columns: 1rem 1fr;
  }
  .rows :is(.del, .ins) > span:not(.unseen) {
    grid-column: 2;
  }
  .rows .del {
    color: var(--danger);
  }
  .rows .del::before {
    content: '−';
  }
  .rows .ins {
    color: var(--good);
  }
  .rows .ins::before {
    content: '+';
  }
  .diff ul {
    margin: 0.25rem 0 0.75rem;
    padding-inline-start: 1.25rem;
  }
  .diff .adds h4 {
    color: var(--good);
  }
  .diff .drops h4 {
    color: var(--danger);
  }
  .diff .adds li::marker {
    content: '+ ';
    color: var(--good);
  }
  .diff .drops li::marker {
    content: '− ';
    color: var(--danger);
  }
`;
