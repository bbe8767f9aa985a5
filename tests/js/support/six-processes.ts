import { ending, lines, start } from './processes.js';

/** What several concurrent processes did. */
export interface Contest {
  /** The number of calls by how they ended. */
  codes: Record<string, number>;
  /** The number of commits that they tried. */
  commits: number;
}

/** Runs `times` calls in all, divided among six concurrent processes: see concurrent-process.ts. */
export async function contest(
  path: string,
  what: string,
  credential: string,
  times: number,
  sessions = 1_000,
): Promise<Contest> {
  const each = Array.from({ length: 6 }, (_, n) => Math.floor((times + n) / 6));
  const processes = each.map((count) => {
    const child = start('concurrent-process', path, what, credential, String(count), String(sessions));
    return { child, output: lines(child) };
  });
  for (const { output } of processes) await output.next();
  for (const { child } of processes) child.stdin?.write('go\n');
  const result: Contest = { codes: {}, commits: 0 };
  await Promise.all(
    processes.map(async ({ child, output }) => {
      let printed = '';
      for await (const line of output) printed += line;
      const code = await ending(child);
      if (code !== 0) throw new Error(`a contender ended with ${code}`);
      const report = JSON.parse(printed) as { codes: string[]; commits: number };
      result.commits += report.commits;
      for (const each of report.codes) result.codes[each] = (result.codes[each] ?? 0) + 1;
    }),
  );
  return result;
}
