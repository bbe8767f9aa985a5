/**
 * A failure that its message explains: what is missing or wrong, and what to do about it. No stack
 * trace helps.
 */
export class Failure extends Error {
  name = 'Failure';
}

/** Tells why the script ends, and ends it as failed. */
export function report(error) {
  console.error(`\n${error instanceof Failure ? error.message : error.stack}`);
  process.exitCode = 1;
}
