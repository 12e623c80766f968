import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { call, keptLog, serve, unusedPort } from '../behaviour/support.js';
import { until } from '../support/until.js';
import { command, sentence } from './support.js';

const f = (fails: boolean) => {
  if (fails) throw new Error('balance is 3');
};

describe('mailstation inspect', () => {
  it('shows the state, load, callers, methods and failures of a server', async (t) => {
    const served = await serve(t, { f }, { callStats: true, logger: keptLog().logger });
    const { calls } = await call(t, [served], { clientId: 'gateway' });
    await calls.f(null, false);
    await assert.rejects(calls.f(null, true));
    const { code, stdout, stderr } = await command(t, ['inspect', String(served.port)]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^test-1 \\(test\\) at tcp://127\\.0\\.0\\.1:${served.port}$`, 'm'));
    assert.match(stdout, /^ {2}state {5}leader, serving, up \d+/m);
    assert.match(
      stdout,
      new RegExp(`^  process   ${process.pid} on .*, mailstation \\S+, Node ${process.version}$`, 'm'),
    );
    assert.match(stdout, /^ {2}calls {5}\d+ running, 0 queued, 0 abandoned, 0 streams, 2 connections$/m);
    assert.match(stdout, /^ {2}loop {6}lag \S+, busy \S+% since the start$/m);
    assert.match(stdout, new RegExp(`^gateway +${process.pid} on \\S+ +2 +0 +- `, 'm'));
    assert.match(stdout, /^user\.service\.f +2 +50% .* REMOTE 1$/m);
    assert.match(stdout, /^user\.service\.f +\S+ +ERR_RPC_REMOTE +1 +gateway +balance is 3$/m);
  });

  it('does not take a reader who leaves a stream for a failure', async (t) => {
    async function* count(most: number) {
      for (let i = 0; i < most; i++) yield i;
    }
    const served = await serve(t, { count }, { callStats: true });
    const { calls } = await call(t, [served]);
    for await (const _ of calls.count.stream(null, 1e9)) break;
    const counts = () => served.server.stats().methods[0]?.outcomes;
    await until(() => counts()?.left === 1, { what: 'the end of the stream' });
    const only = await command(t, ['inspect', String(served.port)]);
    assert.match(only.stdout, /^user\.service\.count +1 +- .* 1 *$/m);
    assert.doesNotMatch(only.stdout, /CANCELLED/);
    assert.doesNotMatch(only.stdout, /^failed/m);
    for await (const _ of calls.count.stream(null, 3));
    await until(() => counts()?.ok === 1, { what: 'the end of the whole stream' });
    const both = await command(t, ['inspect', String(served.port)]);
    assert.match(both.stdout, /^user\.service\.count +2 +100% .* 1 *$/m);
  });

  it('gives programs all of it as JSON', async (t) => {
    const served = await serve(t, { f }, { callStats: true });
    const { calls } = await call(t, [served], { clientId: 'gateway' });
    await calls.f(null, false);
    const { code, stdout } = await command(t, ['inspect', String(served.port), '--json']);
    const [server] = JSON.parse(stdout).servers;
    assert.deepEqual([code, server.id, server.state, server.report.server.pid], [0, 'test-1', 'answered', process.pid]);
    const method = server.methods.find(({ name }: { name: string }) => name === 'user.service.f');
    assert.deepEqual([method.total.outcomes.ok, method.total.latency.count], [1, 1]);
    const names = server.callers.connections.map(({ clientId }: { clientId: string }) => clientId);
    assert.deepEqual(names.sort(), ['gateway', 'mailstation-cli']);
    assert.deepEqual(server.recent.failed, []);
  });

  it('shows each server of several, with the reason of those that do not answer', async (t) => {
    const served = await serve(t, { f }, { callStats: false });
    const unused = await unusedPort(t);
    const { code, stdout } = await command(t, ['inspect', String(served.port), String(unused), '-t', '2s']);
    assert.equal(code, 3);
    assert.match(stdout, /^ {2}methods {3}not counted: the server has callStats: false$/m);
    assert.match(
      stdout,
      new RegExp(
        `^${unused} at tcp://127\\.0\\.0\\.1:${unused}\n  state     unreachable\n  reason    connect ECONNREFUSED`,
        'm',
      ),
    );
  });

  it('shows a client that reaches the servers, also through shared mailboxes', async (t) => {
    const served = await serve(t, { f });
    const own = await command(t, ['inspect', '--client', String(served.port)]);
    assert.deepEqual([own.code, own.stderr], [0, '']);
    assert.match(own.stdout, /^client started, its own connections, 0 open calls$/m);
    assert.match(own.stdout, /^test-1 +test +ready +0 /m);
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'share.sock');
    const { calls } = await call(t, [served], { share: { path } });
    await calls.f(null, false);
    const shared = await command(t, ['inspect', '--share', path, String(served.port), '--json', '-t', '30s']);
    const report = JSON.parse(shared.stdout);
    assert.deepEqual([shared.code, report.sharing, report.servers[0].mailbox], [0, 'following', 'ready']);
  });

  it('needs a server', async (t) => {
    const ended = await command(t, ['inspect']);
    assert.equal(ended.code, 2);
    assert.match(sentence(ended), /no server is named: give an address such as 127\.0\.0\.1:3333, or --etcd/);
  });
});
