import { ENGLISH, type Strings } from './strings.js';

type Values = Readonly<Record<string, string | number>>;

/**
 * The texts of one language, with values inserted. They become text nodes, so markup in values
 * stays text.
 */
export class Texts {
  readonly locale: string;
  readonly #strings: Readonly<Record<string, string>>;
  readonly #plurals: Intl.PluralRules;
  readonly #numbers: Intl.NumberFormat;
  readonly #lists: Intl.ListFormat;
  readonly #choices: Intl.ListFormat;

  constructor(locale: string, own: Strings = {}) {
    this.locale = locale;
    this.#strings = { ...ENGLISH, ...own };
    this.#plurals = new Intl.PluralRules(locale);
    this.#numbers = new Intl.NumberFormat(locale);
    this.#lists = new Intl.ListFormat(locale, { type: 'conjunction' });
    this.#choices = new Intl.ListFormat(locale, { type: 'disjunction' });
  }

  /** The text of a key. The text of a kind overrides the common one. */
  of(key: string, values: Values = {}, kind?: string): string {
    const text = this.find(key, kind) ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) return whole;
      return typeof value === 'number' ? this.#numbers.format(value) : value;
    });
  }

  /** A text with a plural form. */
  count(key: string, count: number, values: Values = {}): string {
    const form = `${key}.${this.#plurals.select(count)}`;
    return this.of(this.find(form) === undefined ? `${key}.other` : form, { ...values, count });
  }

  find(key: string, kind?: string): string | undefined {
    const own = kind === undefined ? undefined : `${key}@${kind}`;
    if (own !== undefined && Object.hasOwn(this.#strings, own)) return this.#strings[own];
    return Object.hasOwn(this.#strings, key) ? this.#strings[key] : undefined;
  }

  number(value: number): string {
    return this.#numbers.format(value);
  }

  /** Several things as one text: `a, b, and c`. */
  list(items: readonly string[]): string {
    return this.#lists.format(items);
  }

  /** One of several things: `a, b, or c`. */
  either(items: readonly string[]): string {
    return this.#choices.format(items);
  }
}
