/** A contestant must give the right answers. */

/** The time limit of a slow one, in milliseconds. */
const LONG_ENOUGH = 3_000;

/** Checks its answers for every key in turn. */
export async function seeRight({ call, isRight }, times = 1_000) {
  const end = performance.now() + LONG_ENOUGH;
  for (let at = 0; at < times && performance.now() < end; at += 1) {
    const answer = await call();
    if (!isRight(answer)) throw new Error(`The answer is wrong: ${JSON.stringify(answer)}`);
  }
}
