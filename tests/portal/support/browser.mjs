/** The Chromium of the system, headless. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const startBrowser = () => chromium.launch({ executablePath: programOf(), args: FLAGS });

function programOf() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find((path) =>
    existsSync(path),
  );
  if (found !== undefined) return found;
  throw new Error(
    `There is no Chromium (looked for ${PROGRAMS.join(', ')}). Install it: apt-get install chromium`,
  );
}
