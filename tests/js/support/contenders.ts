import { ending, lines, start } from './processes.js';

/** What several processes did at once. */
export interface Contest {
  /** How the calls ended, counted. */
  codes: Record<string, number>;
  /** How many commits they tried. */
  commits: number;
}

/** Lets six processes do the same `times` in all, at once: see contender.ts. */
export async function contest(
  path: string,
  what: string,
  credential: string,
  times: number,
  sessions = 1_000,
): Promise<Contest> {
  const each = Array.from({ length: 6 }, (_, n) => Math.floor((times + n) / 6));
  const processes = each.map((count) => {
    const child = start('contender', path, what, credential, String(count), String(sessions));
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
