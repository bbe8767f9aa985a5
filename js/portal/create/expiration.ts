import { html, type TemplateResult } from 'lit';
import type { DescribedKind } from '../../api/choices.js';
import { durationText } from '../../input/duration.js';
import type { Portal } from '../portal-context.js';
import { DAY } from '../text/times.js';

/** The expiration: after a duration, on a day (`2027-02-21`), or never. */
export type Expiration = { in: number } | { day: string } | 'never';

const PRESETS = [7, 30, 60, 90, 180, 365].map((days) => days * DAY);
const USUAL = 90 * DAY;

/** The durations that a kind offers. */
function presetsOf({ lifetime }: DescribedKind): number[] {
  const { longest = Number.POSITIVE_INFINITY } = lifetime;
  const own = [lifetime.default, lifetime.longest].filter((length) => length !== undefined);
  const lengths = [...new Set([...PRESETS, ...own])].filter((length) => length <= longest);
  return lengths.sort((a, b) => a - b);
}

/** The default. Never unlimited: that must be chosen explicitly. */
export function usualExpiration(rules: DescribedKind): Expiration {
  const { default: usual = USUAL, longest = usual } = rules.lifetime;
  return { in: Math.min(usual, longest) };
}

/** With a maximum lifetime, an expiry is required. */
const mustEnd = ({ lifetime }: DescribedKind) => lifetime.required || lifetime.longest !== undefined;

/**
 * The instant, or `undefined` for never. Throws nothing: {@link isPossible} tells what is wrong
 * with a day.
 */
export function endOf(expiration: Expiration, rules: DescribedKind, now: number): number | undefined {
  if (expiration === 'never') return undefined;
  if ('in' in expiration) return now + expiration.in;
  // The end of the local day, but not longer than the kind allows.
  const end = new Date(`${expiration.day}T23:59:59`).getTime();
  return Math.min(end, now + (rules.lifetime.longest ?? Number.POSITIVE_INFINITY));
}

export function isPossible(expiration: Expiration, rules: DescribedKind, now: number): boolean {
  if (expiration === 'never') return !mustEnd(rules);
  if ('in' in expiration) return true;
  const { earliest, latest } = daysOf(rules, now);
  return expiration.day >= earliest && (latest === undefined || expiration.day <= latest);
}

/** The members for the input of `create`. The server's clock counts durations. */
export function expiryInput(expiration: Expiration, rules: DescribedKind, now: number) {
  if (expiration === 'never') return {};
  if ('in' in expiration) return { expiresIn: durationText(expiration.in) };
  return { expiresAt: endOf(expiration, rules, now) as number };
}

/** The minimum and the maximum of the date input. */
function daysOf({ lifetime }: DescribedKind, now: number): { earliest: string; latest: string | undefined } {
  const { longest } = lifetime;
  return {
    earliest: dayOf(now + DAY),
    latest: longest === undefined ? undefined : dayOf(now + longest),
  };
}

function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function expirationField(
  portal: Portal,
  rules: DescribedKind,
  expiration: Expiration,
  choose: (expiration: Expiration) => void,
): TemplateResult {
  const { texts, times } = portal;
  const now = portal.now();
  const { earliest, latest } = daysOf(rules, now);
  const chosen = expiration === 'never' ? 'never' : 'in' in expiration ? String(expiration.in) : 'day';
  const { longest } = rules.lifetime;
  const take = (value: string) =>
    choose(
      value === 'never' ? value : value === 'day' ? { day: dayOf(now + 30 * DAY) } : { in: Number(value) },
    );
  const invalid = !isPossible(expiration, rules, now);
  return html`<fieldset class="expiration">
    <legend>${texts.of('expires.title')}</legend>
    <div class="side">
      <label class="field">
        <span class="unseen">${texts.of('expires.title')}</span>
        <select
          name="expires"
          aria-describedby="expires-hint"
          @change=${(event: Event) => take((event.target as HTMLSelectElement).value)}
        >
          ${presetsOf(rules).map(
            (length) => html`<option value=${length} ?selected=${chosen === String(length)}>
              ${texts.of('expires.in', { time: times.length(length) })} (${times.day(now + length)})
            </option>`,
          )}
          <option value="day" ?selected=${chosen === 'day'}>${texts.of('expires.custom')}</option>
          ${
            mustEnd(rules)
              ? ''
              : html`<option value="never" ?selected=${chosen === 'never'}>${texts.of('expires.never')}</option>`
          }
        </select>
      </label>
      ${
        expiration !== 'never' && 'day' in expiration
          ? html`<label class="field">
            <span class="unseen">${texts.of('expires.date')}</span>
            <input
              type="date"
              name="day"
              required
              min=${earliest}
              max=${latest ?? '9999-12-31'}
              .value=${expiration.day}
              aria-invalid=${invalid}
              aria-describedby="expires-hint"
              @change=${(event: Event) => choose({ day: (event.target as HTMLInputElement).value })}
            />
          </label>`
          : ''
      }
    </div>
    <small id="expires-hint">
      ${texts.of('expires.hint')}
      ${longest === undefined ? '' : texts.of('expires.longest', { time: times.length(longest) })}
    </small>
    ${
      invalid
        ? html`<p class="note failure" role="alert">
          ${
            latest === undefined
              ? texts.of('expires.invalidOpen')
              : texts.of('expires.invalid', { latest: times.day(now + (longest ?? 0)) })
          }
        </p>`
        : ''
    }
  </fieldset>`;
}
