/**
 * A failure whose message says what is wrong and what to do. It is printed without a stack trace.
 */
export class Failure extends Error {
  name = 'Failure';
}

/** Prints an error, and makes the exit code 1. */
export function report(error) {
  console.error(`\n${error instanceof Failure ? error.message : error.stack}`);
  process.exitCode = 1;
}
