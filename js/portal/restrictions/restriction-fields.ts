import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';
import { conditionWords, dayName, limitWords } from './describe.js';
import { type ChangeTokenFields, textOf } from './label-fields.js';
import { conditionsOf, DAYS, limitsOf, type TokenFields } from './token-fields.js';
import type { UnreadableField } from './unreadable-field.js';

const LISTS = ['ips', 'origins', 'audiences'] as const;
const MINUTE = DAY / 1_440;
const PERIODS = [MINUTE / 60, MINUTE, 60 * MINUTE, DAY];
const REFILLS = [DAY, 7 * DAY, 30 * DAY];

/** Conditions and limits of the token, collapsed by default. */
export function restrictionFields(
  portal: Portal,
  tokenFields: TokenFields,
  offered: { conditions: boolean; limits: boolean },
  change: ChangeTokenFields,
  unread: UnreadableField | undefined,
): TemplateResult {
  const { texts } = portal;
  const conditions = conditionsOf(tokenFields);
  const limits = limitsOf(tokenFields);
  const written = [...conditionWords(portal, conditions), ...limitWords(portal, limits)];
  return html`<details class="advanced" name="restrictions">
    <summary>
      ${texts.of('restrict.title')}
      <small>${written.length === 0 ? texts.of('restrict.none') : texts.count('restrict.count', written.length)}</small>
    </summary>
    <p>${texts.of('restrict.hint')}</p>
    ${offered.conditions ? conditionFields(portal, tokenFields, change, unread) : ''}
    ${offered.limits ? limitFields(portal, tokenFields, change, unread) : ''}
  </details>`;
}

/** The problem of a field, below its group. */
function unreadNote(
  { texts }: Portal,
  unread: UnreadableField | undefined,
  names: readonly string[],
): TemplateResult | string {
  if (unread === undefined || !names.includes(unread.name)) return '';
  return html`<p id="restrict-unread" class="wrong" role="alert"><small>${texts.of(unread.text)}</small></p>`;
}

function conditionFields(
  portal: Portal,
  tokenFields: TokenFields,
  change: ChangeTokenFields,
  unread: UnreadableField | undefined,
): TemplateResult {
  const { texts } = portal;
  return html`
    <div class="columns">
      ${LISTS.map(
        (list) => html`<div class="field">
          <label>
          <span>${texts.of(`restrict.${list}`)}</span>
          <textarea
            name=${list}
            rows="2"
            spellcheck="false"
            autocomplete="off"
            dir="ltr"
            .value=${live(tokenFields[list])}
            aria-describedby="${list}-hint"
            @input=${(event: Event) => change({ [list]: textOf(event) })}
          ></textarea></label>
          <small id="${list}-hint">${texts.of(`restrict.${list}.hint`)}</small>
        </div>`,
      )}
    </div>
    ${hourFields(portal, tokenFields, change, unread)}
  `;
}

function hourFields(
  portal: Portal,
  tokenFields: TokenFields,
  change: ChangeTokenFields,
  unread: UnreadableField | undefined,
): TemplateResult {
  const { texts } = portal;
  const set = (days: TokenFields['days']) =>
    // The default offset is that of the user.
    change(tokenFields.utcOffset === '' ? { days, utcOffset: hereOffset() } : { days });
  const hour = (name: 'from' | 'to') => html`<label class="field">
    <span>${texts.of(`restrict.${name}`)}</span>
    <input
      type="time"
      name=${name}
      .value=${live(tokenFields[name])}
      aria-invalid=${unread?.name === name}
      aria-describedby="restrict-unread"
      @change=${(event: Event) =>
        change({
          [name]: textOf(event),
          ...(tokenFields.utcOffset === '' ? { utcOffset: hereOffset() } : {}),
        })}
    />
  </label>`;
  return html`<fieldset class="hours">
    <legend>${texts.of('restrict.times')}</legend>
    <div class="side">
      ${DAYS.map(
        (day) => html`<label class="check">
          <input
            type="checkbox"
            name="day"
            .checked=${live(tokenFields.days.includes(day))}
            @change=${() =>
              set(
                tokenFields.days.includes(day)
                  ? tokenFields.days.filter((other) => other !== day)
                  : [...tokenFields.days, day],
              )}
          />
          <span>${dayName(texts.locale, day)}</span>
        </label>`,
      )}
    </div>
    <div class="side">
      ${hour('from')} ${hour('to')}
      <label class="field">
        <span>${texts.of('restrict.offset')}</span>
        <input
          name="utcOffset"
          placeholder="+00:00"
          autocomplete="off"
          dir="ltr"
          .value=${live(tokenFields.utcOffset)}
          @input=${(event: Event) => change({ utcOffset: textOf(event) })}
        />
      </label>
    </div>
    ${unreadNote(portal, unread, ['from', 'to'])}
    <small>${texts.of('restrict.times.hint')}</small>
  </fieldset>`;
}

function limitFields(
  portal: Portal,
  tokenFields: TokenFields,
  change: ChangeTokenFields,
  unread: UnreadableField | undefined,
): TemplateResult {
  const { texts } = portal;
  const count = (name: 'requests' | 'credits' | 'refill') => html`<input
    type="number"
    min="1"
    step="1"
    name=${name}
    .value=${live(tokenFields[name])}
    aria-invalid=${unread?.name === name}
    aria-describedby="restrict-unread"
    @input=${(event: Event) => change({ [name]: textOf(event) })}
  />`;
  return html`<div class="columns">
    <fieldset>
      <legend>${texts.of('restrict.limits')}</legend>
      <div class="side">
        <label class="field"><span>${texts.of('restrict.requests')}</span>${count('requests')}</label>
        ${length(portal, 'per', tokenFields.per, PERIODS, change)}
      </div>
      ${unreadNote(portal, unread, ['requests'])}
    </fieldset>
    <fieldset>
      <legend>${texts.of('restrict.budget')}</legend>
      <div class="side">
        <label class="field"><span>${texts.of('restrict.amount')}</span>${count('credits')}</label>
        ${length(portal, 'every', tokenFields.every, [0, ...REFILLS], change)}
        ${
          tokenFields.every === 0
            ? ''
            : html`<label class="field"><span>${texts.of('restrict.refill.amount')}</span>${count('refill')}</label>`
        }
      </div>
      ${unreadNote(portal, unread, ['credits', 'refill'])}
      <small>${texts.of('restrict.consume')}</small>
    </fieldset>
  </div>`;
}

function length(
  { texts, times }: Portal,
  name: 'per' | 'every',
  chosen: number,
  usual: readonly number[],
  change: ChangeTokenFields,
): TemplateResult {
  const lengths = [...new Set([...usual, chosen])].sort((a, b) => a - b);
  return html`<label class="field">
    <span>${texts.of(`restrict.${name}`)}</span>
    <select name=${name} @change=${(event: Event) => change({ [name]: Number(textOf(event)) })}>
      ${lengths.map(
        (each) => html`<option value=${each} ?selected=${each === chosen}>
          ${each === 0 ? texts.of('restrict.every.never') : times.length(each)}
        </option>`,
      )}
    </select>
  </label>`;
}

/** The offset of the local clock from UTC: `+02:00`. */
function hereOffset(): string {
  const minutes = -new Date().getTimezoneOffset();
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
