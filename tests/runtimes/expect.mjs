/** The assertions of the suite, for any runtime. */

export function equal(found, expected, about = '') {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value, undefined, 1));
  if (one !== other) throw new Error(`${about}\nexpected ${other}\nfound    ${one}`);
}

export function ok(value, about) {
  if (!value) throw new Error(about);
}

/** Returns the error of the call, which must be a LeastkeyError of this code. */
export async function rejects(call, code) {
  try {
    await call();
  } catch (error) {
    equal([error.name, error.code], ['LeastkeyError', code], error.message);
    return error;
  }
  throw new Error(`expected a LeastkeyError of the code ${code}`);
}
