import { existsSync } from 'node:fs';
import { Failure } from '../shell/failure.mjs';
import { ask, CommandFailed, run } from '../shell/run.mjs';

/** How apt-get can be run on this machine. */
export async function aptPrivilege() {
  if (!existsSync('/usr/bin/apt-get')) return 'missing';
  if (process.getuid() === 0) return 'root';
  return (await ask('sudo', ['-n', 'true'])) === undefined ? 'no privilege' : 'sudo';
}

/**
 * Installs Debian packages. It never removes one: where they conflict with what is installed, it
 * fails.
 */
export async function aptInstall(packages) {
  const privilege = await aptPrivilege();
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (privilege === 'missing' || privilege === 'no privilege') {
    throw new Failure(`These packages are missing. Install them, then try again:\n  sudo ${command}`);
  }
  const prefix = privilege === 'sudo' ? ['sudo', '-n', 'env'] : ['env'];
  const apt = (...args) => {
    const [program, ...rest] = [
      ...prefix,
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-q',
      '-y',
      ...waiting,
      ...args,
    ];
    return run(program, rest);
  };
  // A package list that cannot be refreshed may still be good enough.
  await apt('update').catch(ignoreFailedCommand);
  await apt('install', '--no-install-recommends', '--no-remove', ...packages);
}

/** Debian asks this program whether an installed service may start. */
const policy = '/usr/sbin/policy-rc.d';

/**
 * Installs Debian packages of servers, and starts no service of them. A policy of the machine's own
 * is left as it is.
 */
export async function aptInstallServers(packages) {
  const privilege = await aptPrivilege();
  if (existsSync(policy) || !['root', 'sudo'].includes(privilege)) return aptInstall(packages);
  const shell = (script) =>
    privilege === 'root' ? run('sh', ['-c', script]) : run('sudo', ['-n', 'sh', '-c', script]);
  await shell(`printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`);
  try {
    await aptInstall(packages);
  } finally {
    await shell(`rm -f ${policy}`);
  }
}

/** Another apt-get may be running. */
const waiting = ['-o', 'DPkg::Lock::Timeout=300'];

function ignoreFailedCommand(error) {
  if (!(error instanceof CommandFailed)) throw error;
}
