import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OptionError, readOptions } from '../../examples/server/options.mjs';

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

describe('the options of npm start', () => {
  test('defaults', () => {
    assert.deepEqual(readOptions([], {}), { help: false, once: false, port: 4280, data: 'data' });
    assert.equal(readOptions(['--once'], {}).port, 0, '--once takes any free port');
  });

  test('--port is before PORT, and both are before the default', () => {
    assert.equal(readOptions([], { PORT: '5000' }).port, 5000);
    assert.equal(readOptions(['--once'], { PORT: '5000' }).port, 5000);
    assert.equal(readOptions(['--port', '5001'], { PORT: '5000' }).port, 5001);
    assert.equal(readOptions(['--port=0'], {}).port, 0);
    assert.equal(readOptions([], { PORT: '' }).port, 4280);
  });

  for (const [args, words] of [
    [['--prot', '1'], /--prot.*--port/],
    [['--onec'], /--onec.*--once/],
    [['--dta=x'], /--dta.*--data/],
    [['-x'], /-x/],
    [['walk'], /"walk"/],
    [['--port'], /--port needs a value/],
    [['--data='], /--data needs a value/],
    [['--once=no'], /--once takes no value/],
    [['--port', '65536'], /"65536" is not a port/],
    [['--port', '--once'], /--port needs a value/],
    [['--port=-1'], /"-1" is not a port/],
    [['--port', '80.5'], /"80.5" is not a port/],
  ]) {
    test(`${args.join(' ')} is refused`, () => {
      assert.throws(
        () => readOptions(args, {}),
        (error) => error instanceof OptionError && words.test(error.message),
      );
    });
  }
});

describe('npm start', () => {
  test('--help builds nothing', () => {
    const help = spawnSync(process.execPath, [start, '--help'], { encoding: 'utf8' });
    assert.equal(help.status, 0);
    assert.match(help.stdout, /^Usage: npm start/);
  });

  test('a usage error is printed at once, in one line, with exit code 2', () => {
    const wrong = spawnSync(process.execPath, [start, '--onse'], { encoding: 'utf8' });
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, /^Unknown option --onse\. Did you mean --once\?.*\n$/);
  });

  test('a port that is taken is reported before anything is built', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const wrong = spawnSync(process.execPath, [start, '--port', String(port)], { encoding: 'utf8' });
    taken.close();
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, new RegExp(`^Port ${port} is taken by another program.*--port <number>\n$`));
  });
});
