/**
 * Runs steps and shows the progress. A step is `{ key, label, estimate, work }`: the key of its
 * last duration, the text that is shown, the expected milliseconds of the first run, and a
 * function. That gets another function, to say how far it is.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { inCache } from '../paths.mjs';
import { bold, dim, green, interactive, red, rewriteLine } from './terminal.mjs';
import { inSeconds, timeLeft, timeLeftInWords } from './time-left.mjs';

/** Without a terminal, a long step prints a line this often. */
const HEARTBEAT = 30_000;

const durationsFile = inCache('durations.json');

/** The last duration of each step. Without a readable file, the estimates are used. */
function durations() {
  try {
    return JSON.parse(readFileSync(durationsFile, 'utf8')) ?? {};
  } catch {
    return {};
  }
}

function saveDuration(key, milliseconds) {
  const temporary = `${durationsFile}.${process.pid}`;
  mkdirSync(inCache(), { recursive: true });
  writeFileSync(temporary, JSON.stringify({ ...durations(), [key]: Math.round(milliseconds) }));
  renameSync(temporary, durationsFile);
}

/** Runs the steps in order until one throws. */
export async function runSteps(title, steps) {
  const progress = new Progress(title, steps);
  for (const step of steps) await progress.run(step);
}

/** Shows the running step and the time left. */
export class Progress {
  #waiting;
  #count;
  #ended = 0;

  constructor(title, steps) {
    const last = durations();
    this.#waiting = steps.map(({ key, estimate }) => last[key] ?? estimate);
    this.#count = steps.length;
    const time = timeLeftInWords(timeLeft(this.#waiting, 0)).replace(/ left$/, '');
    console.log(
      `${bold(title)} ${dim(`(${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, ${time})`)}`,
    );
  }

  /** Reports that the next step cannot be run. */
  skip({ label }, why) {
    this.#end(red('✘'), label, why);
  }

  /** Runs the next step. @returns the result of its work */
  async run({ key, label, work }) {
    const start = performance.now();
    const elapsed = () => performance.now() - start;
    let said = '';
    const show = () => {
      const left = timeLeftInWords(timeLeft(this.#waiting, elapsed()));
      const line = `  [${this.#ended + 1}/${this.#count}] ${label}${said} … ${left}`;
      if (interactive) rewriteLine(line);
      else console.log(line);
    };
    show();
    const timer = setInterval(show, interactive ? 1000 : HEARTBEAT);
    try {
      const result = await work((text) => {
        said = `: ${text}`;
      });
      saveDuration(key, elapsed());
      this.#end(green('✔'), label, inSeconds(elapsed()));
      return result;
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
