/**
 * `npm run bench:component`: sizes of the components, and the time of their calls in each host,
 * with one token of 20 permissions in a store in memory. After `npm run test:component`.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { componentFolder, componentSizes } from '../scripts/build/component.mjs';
import { inBuild, inCache, inClone } from '../scripts/paths.mjs';
import { Failure, report } from '../scripts/shell/failure.mjs';
import { run } from '../scripts/shell/run.mjs';
import { startBrowser } from '../tests/portal/support/browser.mjs';

const PREFIX = 'acme_test';
const PERMISSIONS = Array.from({ length: 20 }, (_, at) => `p${at}`);
const CATALOG = JSON.stringify({
  services: {
    s: { title: 'S', permissions: Object.fromEntries(PERMISSIONS.map((name) => [name, name])) },
  },
});
const REQUIREMENT = 's:p7';
const ROUNDS = 11;

/** The rounds before those that are measured, in which an engine compiles. */
const WARMING = 5;

const python = inBuild('component', 'python', 'bin', 'python');
const transpiled = inBuild('component', 'transpiled');

/** What the page loads. */
const TYPES = { '/verifier.js': 'text/javascript', '/verifier.core.wasm': 'application/wasm' };

/** Measures in Python what {@link measureTranspiled} measures here. */
const IN_PYTHON = `
import json, sys, time
from statistics import median
started = time.perf_counter()
from leastkey.component import ComponentInstance
from leastkey.verifier import compiled, asked, pairs
facts = json.load(open(sys.argv[1]))
store = dict(facts["entries"])
began = time.perf_counter()
engine, component = compiled()
made = time.perf_counter()
verifier = ComponentInstance(engine, component, "verification")
instantiated = time.perf_counter()
verifier.call("configure", json.dumps({"prefix": facts["prefix"]}), facts["catalog"], 100)
configured = time.perf_counter()
question = asked(facts["requirement"], None, None, None, None)
now = facts["now"]
def verify():
    reads = {}
    while True:
        case, step = verifier.call("verify", facts["credential"], question, pairs(reads), verifier.call("generation"), now)
        if case != "need":
            assert case == "answer" and step["code"] == "valid", step
            return
        reads.update((key, store.get(key)) for key in step["keys"])
def lookup():
    assert verifier.call("lookup-verdict", facts["credential"], question, now, 5000)["code"] == "valid"
def micros(call, count):
    times = []
    for _ in range(${ROUNDS}):
        begin = time.perf_counter()
        for _ in range(count):
            call()
        times.append((time.perf_counter() - begin) / count * 1e6)
    return median(times)
case, step = verifier.call("apply-feed", [], now)
verifier.call("apply-feed", pairs({key: store.get(key) for key in step["keys"]}), now)
verify()
print(json.dumps({
    "compile": (made - began) * 1e3,
    "instantiate": (instantiated - made) * 1e3,
    "configure": (configured - instantiated) * 1e3,
    "verify": micros(verify, 50),
    "lookup": micros(lookup, 100),
}))
`;

try {
  await bench();
} catch (error) {
  report(error);
}

async function bench() {
  if (!existsSync(transpiled) || !existsSync(python))
    throw new Failure('The components are not there yet: run npm run test:component first.');
  const facts = await makeFacts();
  const file = inBuild('component', 'bench.json');
  writeFileSync(file, JSON.stringify(facts));
  for (const { world, bytes, compressed } of componentSizes()) {
    const script = gzipSync(readFileSync(`${transpiled}/${world}.js`), { level: 9 }).length;
    console.log(
      `${world}: ${kilobytes(bytes)}, ${kilobytes(compressed)} compressed; its JavaScript by jco ${kilobytes(script)} compressed`,
    );
  }
  const hosts = {
    'leastkey/edge, Node': await measurePackage(facts),
    'component by jco, Node': await measureTranspiled(facts, transpiled),
    'component by jco, Chromium': await measureChromium(facts),
    'component in wasmtime, Rust': await measureRust(file),
    'component in wasmtime, Python': JSON.parse(await run(python, ['-c', IN_PYTHON, file])),
  };
  console.table(
    Object.fromEntries(
      Object.entries(hosts).map(([host, times]) => [
        host,
        {
          'compile, ms': times.compile?.toFixed(1),
          'instantiate, ms': times.instantiate?.toFixed(2),
          'configure, ms': times.configure?.toFixed(2),
          'verify from the store, µs': times.verify.toFixed(1),
          'lookup in the cache, µs': times.lookup.toFixed(1),
        },
      ]),
    ),
  );
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

async function makeFacts() {
  const store = memoryStore();
  const tokens = await createTokens({ catalog: JSON.parse(CATALOG), store, prefix: PREFIX });
  const actor = { id: 'user:ada', roles: { '': 'admin' } };
  const { token } = await tokens.create(
    { kind: 'permission-set', name: 'n', owner: 'org:acme', add: ['s:**'] },
    actor,
  );
  const entries = store.list({ prefix: '', limit: 1_000 }).map(({ key, value }) => [key, value]);
  return {
    prefix: PREFIX,
    catalog: CATALOG,
    requirement: REQUIREMENT,
    credential: token,
    entries,
    now: Date.now(),
  };
}

/** Microseconds of a call, after it was compiled. */
function micros(call, count) {
  const times = [];
  for (let round = 0; round < ROUNDS + WARMING; round++) {
    const began = performance.now();
    for (let at = 0; at < count; at++) call();
    if (round >= WARMING) times.push(((performance.now() - began) / count) * 1e3);
  }
  return times.sort((one, other) => one - other)[times.length >> 1];
}

/** Measures the component by jco, in Node and in a page: of this file it uses `micros` only. */
async function measureTranspiled({ prefix, catalog, requirement, credential, entries, now }, folder) {
  const store = new Map(entries);
  const bytes =
    typeof document === 'undefined'
      ? (await import('node:fs')).readFileSync(`${folder}/verifier.core.wasm`)
      : await (await fetch(`${folder}/verifier.core.wasm`)).arrayBuffer();
  const began = performance.now();
  const module = await WebAssembly.compile(bytes);
  const compiled = performance.now();
  const { instantiate } = await import(`${folder}/verifier.js`);
  const imported = performance.now();
  const { verification } = await instantiate(async () => module, {});
  const instantiated = performance.now();
  verification.configure(JSON.stringify({ prefix }), catalog, 100);
  const configured = performance.now();
  const at = BigInt(now);
  const question = { requirement: [{ permission: requirement }], authenticateOnly: false };
  const read = (keys) => keys.map((key) => ({ key, value: store.get(key) }));
  const verify = () => {
    let reads = [];
    for (;;) {
      const { tag, val } = verification.verify(credential, question, reads, verification.generation(), at);
      if (tag === 'answer' && val.valid) return;
      if (tag !== 'need') throw new Error(JSON.stringify(val));
      reads = reads.concat(read(val.keys));
    }
  };
  const lookup = () => {
    if (!verification.lookupVerdict(credential, question, at, 5_000n).valid) throw new Error('a miss');
  };
  verification.applyFeed(read(verification.applyFeed([], at).val.keys), at);
  verify();
  return {
    compile: compiled - began,
    instantiate: instantiated - imported,
    configure: configured - instantiated,
    verify: micros(verify, 300),
    lookup: micros(lookup, 1_000),
  };
}

async function measureChromium(facts) {
  const server = createServer(({ url }, response) => {
    const type = TYPES[url];
    response.writeHead(200, { 'content-type': type ?? 'text/html' });
    response.end(type === undefined ? '<!doctype html>' : readFileSync(`${transpiled}${url}`));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const script = `const ROUNDS = ${ROUNDS}, WARMING = ${WARMING}; ${micros}; ${measureTranspiled};
      measureTranspiled(${JSON.stringify(facts)}, location.origin)`;
    return await page.evaluate(script);
  } finally {
    await browser.close();
    server.close();
  }
}

/** The host in Rust, which takes minutes to compile at first. */
async function measureRust(facts) {
  const args = ['run', '--quiet', '--locked', '--release', '--bin', 'measure'];
  args.push('--target-dir', inCache('target-component-host'), '--');
  const cwd = inClone('examples/component/rust');
  return JSON.parse(await run('cargo', [...args, join(componentFolder, 'verifier.wasm'), facts], { cwd }));
}

/** The package for JavaScript, in the same way. */
async function measurePackage({ prefix, catalog, requirement, credential, entries }) {
  const store = memoryStore();
  for (const [key, value] of entries) store.commit([{ key, value }]);
  const open = (freshness) => createVerifier({ catalog: JSON.parse(catalog), store, prefix, freshness });
  const [reading, caching] = [await open(0), await open('1h')];
  const ask = (verifier) => () => {
    if (!verifier.verifySync(credential, requirement)?.valid) throw new Error('not valid');
  };
  await caching.verify(credential, requirement);
  return { verify: micros(ask(reading), 300), lookup: micros(ask(caching), 10_000) };
}
