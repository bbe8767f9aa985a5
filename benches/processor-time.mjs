/** The processor time of one of so many calls in a row, in microseconds. */
export async function processorTime(call, calls) {
  const start = process.cpuUsage();
  for (let at = 0; at < calls; at += 1) {
    const answer = call();
    // A synchronous function is not awaited, which would add a turn.
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}
