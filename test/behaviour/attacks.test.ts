import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../bench/free-port.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';

const VICTIM = new URL('./fixtures/victim.ts', import.meta.url);
const STRANGER = new URL('./fixtures/stranger.ts', import.meta.url);
const SECRET = 'a secret of the two, and of no stranger';
/** A user that owns nothing here. */
const OTHER_USER = 65_534;

interface Attempt {
  readonly name: string;
  readonly answers: readonly Record<string, unknown>[];
  readonly isClosed: boolean;
  readonly failure: string | null;
}

const spawnVictim = (t: TestContext, plan: object) => spawnProcess(t, VICTIM, { args: [JSON.stringify(plan)] });
const spawnStranger = async (t: TestContext, plan: object): Promise<SpawnedProcess> =>
  (await spawnProcess(t, STRANGER, { args: [JSON.stringify(plan)] })).child;

/** The next message of the type. */
function told<T>(child: SpawnedProcess, type: string): Promise<T> {
  const match = (message: Json): boolean => (message as { type: string }).type === type;
  return child.next({ match }) as Promise<T>;
}

/** The next answer to the victim's own call that matches. */
async function answer(child: SpawnedProcess, pattern: RegExp): Promise<void> {
  const match = (message: Json): boolean => pattern.test((message as { answer?: string }).answer ?? '');
  await child.next({ match });
}

/** Lines of the process's log on the matter. */
const linesOf = ({ stderr }: SpawnedProcess, pattern: RegExp): string[] =>
  stderr.split('\n').filter((line) => pattern.test(line));

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The system's answer to a program of another user. The program changes its user itself: another user might not reach this Node. */
async function asOtherUser(code: string): Promise<string> {
  const change = `process.setgroups([]); process.setgid(${OTHER_USER}); process.setuid(${OTHER_USER});`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', change + code], { cwd: '/', env: {} });
  return stdout.trim();
}

describe("a stranger's process that wants to call", () => {
  it('fails in every way that the pages suggest, and the log of the server has a line', async (t) => {
    const { child: victim, ready } = await spawnVictim(t, { serve: { port: 0, secret: SECRET } });
    const [url = ''] = ready['urls'] as string[];
    const stranger = await spawnStranger(t, {
      do: 'call',
      place: { host: '127.0.0.1', port: Number(new URL(url).port) },
      channel: 'bank-1',
    });
    const attempts: Attempt[] = [];
    while (attempts.length < 7) attempts.push(await told<Attempt>(stranger, 'attempt'));
    for (const { name, answers } of attempts) {
      assert.ok(answers.length > 0, name);
      for (const given of answers) {
        assert.notEqual(given['success'], true, name);
        assert.doesNotMatch(String(given['text']), /paid|^success\^\^\^\^\$0\|-1/, name);
      }
    }
    const refusals = linesOf(victim, /refused a connection from 127\.0\.0\.1:\d+: the peer/);
    assert.ok(refusals.length > 0 && refusals.length <= 7, victim.stderr);
    const { child: caller } = await spawnVictim(t, { call: url, options: { secret: SECRET } });
    await answer(caller, /^paid$/); // the first execution at all
    const { value } = await told<{ value: string }>(victim, 'executed');
    assert.equal(value, 'argument-of-the-user');
  });

  it('of another user does not reach a unix socket', { skip: process.getuid?.() !== 0 }, async (t) => {
    const path = join(newFolder(t), 'run/bank.sock');
    const { child: victim } = await spawnVictim(t, { serve: { listen: `unix:${path}` } });
    const log = 'on("error", ({ code }) => console.log(code))';
    assert.equal(await asOtherUser(`require("net").connect(${JSON.stringify(path)}).${log}`), 'EACCES');
    assert.equal(await asOtherUser(`require("net").createServer().${log}.listen(${JSON.stringify(path)})`), 'EACCES');
    assert.ok(victim.isRunning);
  });
});

describe("a stranger's process that wants to be the Leader", () => {
  const NOT_PROVEN = /the Leader did not prove that it knows the `secret` of this end/;

  it('before the server starts: the server says that the port is taken, and callers give it nothing', async (t) => {
    const port = await freePort();
    const squatter = await spawnStranger(t, { do: 'lead', place: { host: '127.0.0.1', port }, channel: 'bank-1' });
    await told(squatter, 'leads');
    const { child: caller } = await spawnVictim(t, { call: `tcp://127.0.0.1:${port}`, options: { secret: SECRET } });
    const { received } = await told<{ received: string }>(squatter, 'visit');
    assert.match(received, /register_channel/);
    assert.doesNotMatch(received, /argument-of-the-user|invoke/);
    assert.ok(!received.includes(SECRET));
    await answer(caller, NOT_PROVEN);
    await until(() => linesOf(caller, NOT_PROVEN).length > 0, { what: 'the line of the caller' });
    assert.equal(linesOf(caller, /./).length, 1, caller.stderr);
    await assert.rejects(spawnVictim(t, { serve: { port, secret: SECRET } }), /ERR_RPC_ADDRESS_IN_USE/);
  });

  it('after the server was killed: callers give it nothing, and go on when the server is back', async (t) => {
    const port = await freePort();
    const server = { serve: { port, secret: SECRET } };
    const first = await spawnVictim(t, server);
    const { child: caller } = await spawnVictim(t, { call: `tcp://127.0.0.1:${port}`, options: { secret: SECRET } });
    await answer(caller, /^paid$/);
    const squatter = await spawnStranger(t, { do: 'lead', place: { host: '127.0.0.1', port }, channel: 'bank-1' });
    await first.child.kill('SIGKILL');
    await told(squatter, 'leads');
    const { received } = await told<{ received: string }>(squatter, 'visit');
    assert.doesNotMatch(received, /argument-of-the-user|invoke/);
    await until(() => linesOf(caller, NOT_PROVEN).length > 0, { what: 'the line of the caller' });
    assert.equal(linesOf(caller, NOT_PROVEN).length, 1, caller.stderr);
    await squatter.kill();
    await spawnVictim(t, server);
    await answer(caller, /^paid$/);
    assert.doesNotMatch(caller.stderr, /forged/);
  });

  it('of a shared client, before and after: no process follows it', async (t) => {
    const port = await freePort();
    const squatter = await spawnStranger(t, { do: 'lead', place: { host: '127.0.0.1', port }, channel: 'Bank' });
    await told(squatter, 'leads');
    const share = { share: { port, secret: SECRET } };
    const { child: early } = await spawnVictim(t, share);
    await answer(early, NOT_PROVEN);
    assert.doesNotMatch((await told<{ received: string }>(squatter, 'visit')).received, /argument-of-the-user|invoke/);
    await until(() => linesOf(early, NOT_PROVEN).length > 0, { what: 'the line of the process' });
    assert.equal(linesOf(early, NOT_PROVEN).length, 1, early.stderr);
    await squatter.kill();
    await answer(early, /^paid$/); // it leads itself

    const { child: follower } = await spawnVictim(t, { share: { ...share.share, isLeader: false } });
    await answer(follower, /^paid$/);
    const second = await spawnStranger(t, { do: 'lead', place: { host: '127.0.0.1', port }, channel: 'Bank' });
    await early.kill('SIGKILL');
    await told(second, 'leads');
    assert.doesNotMatch((await told<{ received: string }>(second, 'visit')).received, /argument-of-the-user|invoke/);
    await until(() => linesOf(follower, NOT_PROVEN).length > 0, { what: 'the line of the Follower' });
    assert.doesNotMatch(follower.stderr, /forged/);
  });

  it('of another user, at a path that every user may take', { skip: process.getuid?.() !== 0 }, async (t) => {
    const folder = newFolder(t);
    chmodSync(folder, 0o1777);
    const path = join(folder, 'bank.sock');
    const listens = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.exit())`;
    await asOtherUser(listens); // process.exit() leaves the file there
    const { child: caller } = await spawnVictim(t, { call: `unix:${path}`, options: {} });
    await answer(caller, /a program of another user could pose as the server/);
    await until(() => linesOf(caller, /could pose as the server/).length > 0, { what: 'the line of the caller' });
    assert.equal(linesOf(caller, /./).length, 1, caller.stderr);
  });
});
