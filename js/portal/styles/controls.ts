import { css } from 'lit';

/** Buttons, fields and dialogs: the platform's own, dressed. */
export const controls = css`
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    display: inline-flex;
    gap: 0.5rem;
    align-items: center;
    justify-content: center;
    min-block-size: 2.5rem;
    padding: 0.375rem 0.875rem;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    font-weight: 500;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--raised);
  }
  button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  button.danger {
    border-color: var(--danger);
    color: var(--danger);
  }
  button.primary.danger {
    background: var(--danger);
    color: var(--on-danger);
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--accent) 88%, var(--text));
  }
  button.primary.danger:hover:not(:disabled) {
    background: color-mix(in srgb, var(--danger) 88%, var(--text));
  }
  button.quiet {
    min-block-size: 2rem;
    padding: 0.125rem 0.5rem;
    border-color: transparent;
    background: none;
  }
  button.quiet:hover:not(:disabled) {
    border-color: currentcolor;
  }
  button.link {
    min-block-size: 1.5rem;
    padding: 0;
    border: 0;
    background: none;
    color: var(--accent);
  }
  button.link:hover {
    text-decoration: underline;
  }
  :is(button, input, select, textarea, summary):focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .field,
  .field > label {
    display: grid;
    gap: 0.25rem;
  }
  .field {
    margin-block: 1rem;
    max-inline-size: 40rem;
  }
  .field > span,
  .field > label > span,
  .tools label:not(.check) > span,
  legend {
    font-weight: 600;
  }
  .field > span small,
  .field > label > span small {
    font-weight: 400;
  }
  .side > .field {
    margin-block: 0;
  }
  input:not([type='checkbox'], [type='radio']),
  select,
  textarea {
    inline-size: 100%;
    min-block-size: 2.5rem;
    padding: 0.375rem 0.625rem;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
  }
  input[type='checkbox'],
  input[type='radio'] {
    flex: none;
    inline-size: 1.125rem;
    block-size: 1.125rem;
    margin: 0.1875rem 0 0;
    accent-color: var(--accent);
  }
  [aria-invalid='true'] {
    border-color: var(--danger);
  }
  .wrong {
    color: var(--danger);
  }
  textarea {
    font-family: var(--code);
    font-size: 0.9375rem;
    overflow-wrap: anywhere;
    resize: none;
  }
  textarea.words {
    font-family: inherit;
    font-size: inherit;
    resize: vertical;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
    gap: 0 1.5rem;
  }
  .columns legend,
  .hours legend,
  .narrowing legend {
    font-size: 1rem;
  }
  .hours,
  .columns > fieldset {
    margin-block: 1rem;
  }
  .columns .side,
  .hours .side {
    align-items: end;
  }
  .side > .field.grow {
    flex: 1 1 12rem;
  }
  input[type='number'] {
    max-inline-size: 9rem;
  }
  .more {
    margin-block: 1rem;
  }
  .more > summary {
    inline-size: fit-content;
    color: var(--accent);
    cursor: pointer;
  }
  fieldset {
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
    font-size: 1.125rem;
  }
  progress {
    accent-color: var(--accent);
    inline-size: 10rem;
    max-inline-size: 100%;
  }
  dialog {
    inline-size: 32rem;
    max-inline-size: calc(100vw - 2rem);
    padding: 1.5rem;
    border: 1px solid var(--border);
    border-radius: calc(2 * var(--radius));
    background: var(--surface);
    color: var(--text);
    overflow-wrap: anywhere;
  }
  dialog::backdrop {
    background: rgb(10 14 24 / 55%);
  }
  dialog h3 {
    font-size: 1.25rem;
  }
  .choices {
    display: grid;
    gap: 0.75rem;
    margin: 1.25rem 0 0;
    padding: 0;
    list-style: none;
  }
  .choices li {
    display: grid;
    grid-template-columns: 10rem 1fr;
    gap: 0.25rem 1rem;
    align-items: center;
  }
  @container (inline-size < 36rem) {
    .choices li {
      grid-template-columns: 1fr;
    }
  }
`;
