/** A loop of its own for each contestant, so that the compiler knows what it calls. */
export function loopOf({ call }) {
  const isAsync = call() instanceof Promise;
  const body = `let last; for (let at = 0; at < calls; at += 1) last = ${isAsync ? 'await ' : ''}call(); return last`;
  const run = new Function(`return ${isAsync ? 'async ' : ''}function (call, calls) { ${body} }`)();
  return { isAsync, run: (calls) => run(call, calls) };
}
