/**
 * A step is `{ key, label, estimate, work }`: the key of its last duration, the text that is shown,
 * the expected milliseconds of the first run, and a function.
 */

import { expectedDuration, rememberDuration } from './durations.mjs';
import { bold, dim, green, interactive, red, rewriteLine } from './terminal.mjs';
import { inSeconds, timeLeft, timeLeftInWords } from './time-left.mjs';

/** Where no line can be rewritten, a long step says this often that it is alive. */
const HEARTBEAT = 30_000;

/** Runs the steps in order until one throws. */
export async function runSteps(title, steps) {
  const progress = new Progress(title, steps);
  for (const step of steps) await progress.run(step);
}

/** Tells, while steps run one after the other, which one it is and how long is left. */
export class Progress {
  #waiting;
  #count;
  #ended = 0;

  constructor(title, steps) {
    this.#waiting = steps.map(expectedDuration);
    this.#count = steps.length;
    const words = timeLeftInWords(timeLeft(this.#waiting, 0)).replace(/ left$/, '');
    console.log(
      `${bold(title)} ${dim(`(${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, ${words})`)}`,
    );
  }

  /** Says that the next step cannot be run. */
  skip({ label }, why) {
    this.#end(red('✘'), label, why);
  }

  /** Runs the next step; what its work answers, this answers. */
  async run({ key, label, work }) {
    const start = performance.now();
    const elapsed = () => performance.now() - start;
    const left = () => timeLeftInWords(timeLeft(this.#waiting, elapsed()));
    const head = `[${this.#ended + 1}/${this.#count}] ${label}`;
    const show = () =>
      interactive ? rewriteLine(`  ${head} … ${left()}`) : console.log(`  ${head} … ${left()}`);
    show();
    const timer = setInterval(show, interactive ? 1000 : HEARTBEAT);
    try {
      const answer = await work();
      rememberDuration(key, elapsed());
      this.#end(green('✔'), label, inSeconds(elapsed()));
      return answer;
    } catch (error) {
      this.#end(red('✘'), label, `failed after ${inSeconds(elapsed())}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  #end(mark, label, note) {
    this.#waiting.shift();
    this.#ended += 1;
    if (interactive) rewriteLine('');
    console.log(`  ${mark} ${label} ${dim(note)}`);
  }
}
