/**
 * A loop of its own for each contestant, so that the compiler knows what it calls. Each answer is
 * read: what is made only when somebody
 * looks is made.
 */
export function loopOf({ call, read = ({ valid }) => valid }) {
  const isAsync = call() instanceof Promise;
  const [async, wait] = isAsync ? ['async ', 'await '] : ['', ''];
  const body = `let last; for (let at = 0; at < calls; at += 1) last = read(${wait}call()); return last`;
  const run = new Function(`return ${async}function (call, read, calls) { ${body} }`)();
  return { isAsync, run: (calls) => run(call, read, calls) };
}
