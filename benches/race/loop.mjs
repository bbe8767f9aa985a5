/**
 * A separate loop for each contestant, so that its calls are monomorphic. Each answer is read, so
 * that lazy members are computed.
 */
export function loopOf({ call, read = ({ valid }) => valid }) {
  const isAsync = call() instanceof Promise;
  const [async, wait] = isAsync ? ['async ', 'await '] : ['', ''];
  const body = `let last; for (let at = 0; at < calls; at += 1) last = read(${wait}call()); return last`;
  const run = new Function(`return ${async}function (call, read, calls) { ${body} }`)();
  return { isAsync, run: (calls) => run(call, read, calls) };
}
