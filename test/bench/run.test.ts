import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT, run } from '../../bench/run.js';

/** The fixtures, and processes of their own for each end: what is tested here is the whole way. */
const PEERS_FOLDER = new URL('./fixtures/peers/', import.meta.url);

const SHORT = ['--seconds', '0.05', '--warm-up', '0.02', '--in-flight', '1', '--payload', 'small', '--rounds', '2'];

async function bench(t: TestContext, ...args: string[]) {
  const profilesFolder = mkdtempSync(path.join(tmpdir(), 'mailstation-bench-'));
  t.after(() => rmSync(profilesFolder, { recursive: true }));
  let out = '';
  let err = '';
  const code = await run(args, {
    peersFolder: PEERS_FOLDER,
    profilesFolder,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  const profiles = readdirSync(profilesFolder, { recursive: true, encoding: 'utf8' });
  return { code, out, err, profiles };
}

describe('the bench', () => {
  it('measures a peer between two processes, and prints a table', async (t) => {
    const { code, out } = await bench(t, ...SHORT, '--peers', 'limit-json');
    assert.equal(code, EXIT.ok, out);
    assert.match(out, /^mailstation \d+\.\d+\.\d+, node v\d+/);
    assert.match(out, /small object, 1 in flight\n {2}peer .*\n {2}limit-json +[\d,]+ /);
  });

  it('fails on a wrong reply, a dead process and a peer that does not start, and still measures the others', async (t) => {
    const { code, out } = await bench(t, ...SHORT, '--json', '--peers', 'wrong-reply,dies,no-start');
    assert.equal(code, EXIT.failed);
    const { environment, settings, scenarios } = JSON.parse(out);
    assert.equal(environment.node, process.version);
    assert.equal(settings.rounds, 2);
    const [limit, wrong, dead, unstarted] = scenarios[0].peers;
    assert.equal(limit.rounds.length, 2);
    assert.deepEqual(limit.ratio, { median: 1, min: 1, max: 1 });
    assert.ok(limit.latencyUs.p50 > 0 && limit.cpuUsPerCall > 0);
    assert.match(wrong.error, /^wrong-reply client: wrong reply: sent /);
    assert.match(dead.error, /^dies client: the process ended \(exit code 7\)/);
    assert.equal(unstarted.error, 'no-start server: the port is taken');
  });

  it('compares this build with another one, and with itself', async (t) => {
    const other = fileURLToPath(new URL('.', import.meta.resolve('mailstation/package.json')));
    const { code, out } = await bench(t, ...SHORT, '--against', other);
    assert.equal(code, EXIT.ok, out);
    assert.match(out, /\nthis build against \//);
    assert.match(out, /small object, 1 in flight\n.* ratio .* same build .*\n {2}cpu us a call .*\n {2}calls\/s /);
  });

  it('refuses to compare with a build that is not there', async (t) => {
    const { code, err } = await bench(t, ...SHORT, '--against', './no/such/build');
    assert.equal(code, EXIT.usage);
    assert.match(err, /^--against: there is no .*no.such.build\n/);
  });

  it('names the peers that there are when one is asked for that is not', async (t) => {
    for (const name of ['nobody', '../peer']) {
      const { code, err } = await bench(t, '--peers', name);
      assert.equal(code, EXIT.usage);
      assert.match(err, /there are .*limit-json/);
    }
  });

  it('explains itself', async (t) => {
    assert.match((await bench(t, '--help')).out, /^usage: npm run bench/);
    const { code, err } = await bench(t, '--rounds', 'many');
    assert.equal(code, EXIT.usage);
    assert.match(err, /--rounds takes integers .*\n\nusage:/);
  });

  it('writes a profile of each end, and says where it is and what the time went to', async (t) => {
    const args = ['--profile', 'limit-json', '--seconds', '0.1', '--warm-up', '0.02'];
    const { code, out, profiles } = await bench(t, ...args);
    assert.equal(code, EXIT.ok);
    for (const side of ['client', 'server']) {
      assert.ok(profiles.some((file) => path.basename(file) === `limit-json-${side}.cpuprofile`));
      assert.match(out, new RegExp(`${side}: .*limit-json-${side}\\.cpuprofile\n`));
    }
    assert.match(out, / % {2}\S/);
  });
});
