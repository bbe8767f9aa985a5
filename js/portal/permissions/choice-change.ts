import type { Choice } from './choice.js';

/** A choice that somebody has made, with what it comes to. */
export class ChoiceChange extends Event {
  readonly choice: Choice;

  constructor(choice: Choice) {
    super('choice-change');
    this.choice = choice;
  }
}
