import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applied } from '../../dashboard/apply.js';
import type { Recording, Snapshot } from '../../dashboard/snapshot.js';
import { createServer } from '../../server.js';
import { call, failure, keptLog, serve } from '../behaviour/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { ask, cookieOf, dashboardOf, eventsOf, stateWith } from './support.js';

describe('the feed of a dashboard', () => {
  it('has deltas that make of the first snapshot the state that a later viewer gets', async (t) => {
    expectNoLeaks(t);
    const service = { works: () => 1, fails: () => Promise.reject(new Error('no')), __proto__pollution: () => 1 };
    const served = await serve(t, service, { callStats: true });
    const { calls } = await call(t, [served], { clientId: 'gate-1' });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const first = await cookieOf(dashboard.url);
    let built: Snapshot | undefined;
    let count = 0;
    let later: Snapshot | undefined;
    for await (const event of eventsOf(base, first)) {
      if (event.name === 'snapshot') built = event.data;
      else if (event.name === 'delta') built = applied(built ?? assert.fail('a delta before the snapshot'), event.data);
      if (later === undefined) {
        await calls.works(null);
        await failure(calls.fails(null));
        count += 1;
        if (count < 6) continue;
        later = await firstSnapshot(base, first);
      }
      // A new viewer begins with the state of now. The deltas that lead there may be on their way to us.
      if (built?.seq !== later.seq) continue;
      assert.deepEqual(JSON.parse(JSON.stringify(built)), later);
      break;
    }
    assert.ok(Object.values(built?.state.errors ?? {}).some(({ code }) => code === 'ERR_RPC_REMOTE'));
  });

  it('shows a server with its caller, rates, and last failed and slow calls', async (t) => {
    const service = { works: () => 1, fails: () => Promise.reject(new Error('no')) };
    const served = await serve(t, service, { callStats: true, slowCall: 0 });
    const { calls } = await call(t, [served], { clientId: 'gate-1' });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const cookie = await cookieOf(dashboard.url);
    const loop = setInterval(() => void Promise.all([calls.works(null), failure(calls.fails(null))]), 10);
    const snapshot = await stateWith(base, cookie, ({ state, totals }) => {
      const hasCalls = Object.keys(state.errors).length > 0 && Object.keys(state.slow).length > 0;
      return totals.rate > 0 && hasCalls && (linkOfGate(state)?.rate ?? null) !== null;
    }).finally(() => clearInterval(loop));
    const { servers, figures, methods, serverMethods, clients, processes, machines } = snapshot.state;
    const server = servers['test-1'] ?? assert.fail('no server');
    assert.deepEqual(
      [server.status, server.role, server.counting, server.problem, server.serverType],
      ['serving', 'leads', true, null, 'test'],
    );
    const process_ = processes[server.process ?? ''] ?? assert.fail('no process');
    assert.deepEqual([process_.pid, process_.node], [process.pid, process.version]);
    assert.ok(machines[process_.machine] !== undefined);
    assert.ok((figures['test-1']?.rate ?? 0) > 0 && figures['test-1']?.p50 !== null);
    assert.ok((methods['test user.service.works']?.calls ?? 0) > 0);
    assert.equal(serverMethods['test-1 user.service.works']?.server, 'test-1');
    assert.ok(
      Object.keys(methods).every((key) => !key.includes('$mailstation')),
      'the questions of the dashboard are no work',
    );
    const link = linkOfGate(snapshot.state) ?? assert.fail('no link');
    assert.equal(clients[link.client]?.name, 'gate-1');
    assert.ok((link.calls ?? 0) > 0 && link.connections === 1);
    const error = Object.values(snapshot.state.errors).find(({ by }) => by === 'server') ?? assert.fail('no error');
    assert.deepEqual(
      [error.method, error.code, error.outcome, error.message, error.client],
      ['user.service.fails', 'ERR_RPC_REMOTE', 'failed', 'no', link.client],
    );
    assert.match(error.explained, /^The method itself failed/);
    const slow = Object.values(snapshot.state.slow)[0] ?? assert.fail('no slow call');
    assert.ok(slow.duration >= 0 && slow.stages.every(({ end }) => end === 'server'));
    const { times, rows } = JSON.parse((await ask(`${base}history?server=test-1`, { headers: cookie })).text);
    assert.ok(
      times.length > 1 && rows.rate.length === times.length && rows.lag.some((each: number | null) => each !== null),
    );
  });

  it('shows a server that stands by, and that it leads when the Leader is gone', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const services = { user: { service: { f: () => 2 } } };
    const next = createServer({
      ...{ id: 'test-1', serverType: 'test', port: served.port, standby: true, services, logger: keptLog().logger },
    });
    t.after(() => next.stop(true));
    await next.start();
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const cookie = await cookieOf(dashboard.url);
    const isStandby = ({ state }: Snapshot) => Object.values(state.servers).some(({ role }) => role === 'standby');
    const before = await stateWith(base, cookie, isStandby);
    const standby = Object.values(before.state.servers).find(({ role }) => role === 'standby');
    assert.deepEqual([standby?.id, standby?.status, standby?.url], ['test-1', 'standby', null]);
    await served.server.stop(true);
    const after = await stateWith(base, cookie, ({ state }) => {
      const { status } = state.servers['test-1'] ?? {};
      return status === 'serving' && !Object.values(state.servers).some(({ role }) => role === 'standby');
    });
    assert.equal(Object.keys(after.state.servers).length, 1);
    const left = Object.values(after.state.events).find(
      ({ kind, text }) => kind === 'server-left' && text.includes('stands by'),
    );
    assert.ok(left, JSON.stringify(after.state.events));
  });

  it('says why a server cannot be asked, and shows it when it comes', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { port } = served;
    await served.server.stop();
    const silent = await serve(t, { f: () => 1 }, { id: 'silent-1', inspect: false });
    const strict = await serve(t, { f: () => 1 }, { id: 'strict-1', secret: 'a secret of the test servers' });
    const { dashboard, base } = await dashboardOf(t, {
      servers: [`127.0.0.1:${port}`, `127.0.0.1:${silent.port}`, `127.0.0.1:${strict.port}`],
    });
    const cookie = await cookieOf(dashboard.url);
    const { state } = await stateWith(base, cookie, ({ state }) => Object.keys(state.servers).length === 3);
    const gone = state.servers[`127.0.0.1:${port}`];
    assert.deepEqual([gone?.status, gone?.code], ['unreachable', 'ERR_RPC_CONNECT']);
    assert.match(gone?.problem ?? '', /ECONNREFUSED.*Look whether the server runs/s);
    const refusing = state.servers[`127.0.0.1:${strict.port}`];
    assert.deepEqual([refusing?.status, refusing?.code], ['not-admitted', 'ERR_RPC_UNAUTHENTICATED']);
    assert.match(refusing?.problem ?? '', /did not accept the registration/);
    assert.match(state.servers['silent-1']?.problem ?? '', /answers no questions about itself/);
    await serve(t, { f: () => 1 }, { port });
    const later = await stateWith(base, cookie, (snapshot) => snapshot.state.servers['test-1']?.status === 'serving');
    assert.ok(
      Object.values(later.state.events).some(({ kind, server }) => kind === 'server-joined' && server === 'test-1'),
    );
  });

  it('has the half of the caller where a program gives its client: mailboxes, ejections and explained failures', async (t) => {
    const service = { slow: () => new Promise(() => {}), fails: () => Promise.reject(new Error('no')) };
    const served = await serve(t, service, { callStats: true });
    const { client, calls } = await call(t, [served], { timeout: 100, clientId: 'gate-1' });
    client.addServer({ id: 'gone-1', serverType: 'gone', port: 1 });
    const { dashboard, base } = await dashboardOf(t, { client: client as never });
    const cookie = await cookieOf(dashboard.url);
    await failure(calls.slow(null));
    await failure(calls.fails(null));
    const { state } = await stateWith(base, cookie, ({ state }) => {
      const { errors, links } = state;
      const isJoined = Object.values(errors).some(({ by, code }) => by === 'both' && code === 'ERR_RPC_REMOTE');
      return isJoined && Object.values(links).some(({ mailbox, reason }) => mailbox === 'backoff' && reason !== null);
    });
    const embedded = Object.values(state.clients).find(({ kind }) => kind === 'embedded') ?? assert.fail('no client');
    assert.equal(embedded.name, 'gate-1');
    const links = Object.values(state.links).filter(({ client: key }) => key === embedded.key);
    assert.deepEqual(links.map(({ server, mailbox }) => [server, mailbox]).sort(), [
      ['gone-1', 'backoff'],
      ['test-1', 'ready'],
    ]);
    assert.match(links.find(({ server }) => server === 'gone-1')?.reason ?? '', /ECONNREFUSED|connect/);
    const [late = assert.fail('no error'), failed, ...more] = Object.values(state.errors);
    assert.deepEqual(more, [], 'a call that both ends report is one entry');
    assert.deepEqual([failed?.outcome, failed?.delivery, failed?.client], ['failed', 'answered', embedded.key]);
    assert.deepEqual([late.method, late.delivery, late.client], ['user.service.slow', 'unknown', embedded.key]);
    assert.ok(late.stages.some(({ name, end }) => name === 'sent and unanswered' && end === 'client'));
    assert.match(late.explained, /deadline passed/);
  });

  it('is recorded, and the recording leads to the state of now', async (t) => {
    const served = await serve(t, { f: () => 1 }, { callStats: true });
    const { calls } = await call(t, [served]);
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`], history: 300 });
    const cookie = await cookieOf(dashboard.url);
    const { seq } = await stateWith(base, cookie, (snapshot) => snapshot.seq > 6);
    await calls.f(null);
    const { status, headers, text } = await ask(`${base}recording`, { headers: cookie });
    assert.equal(status, 200);
    assert.match(headers['content-disposition'] ?? '', /^attachment; filename="mailstation-[\dT-]+\.json"$/);
    const { format, kind, snapshot, deltas } = JSON.parse(text) as Recording;
    assert.deepEqual([format, kind, deltas.length], [1, 'mailstation-recording', 3]);
    assert.ok(snapshot.seq >= seq - 3, 'only the last states are kept');
    const last = deltas.reduce(applied, snapshot);
    assert.equal(last.seq, snapshot.seq + 3);
    assert.equal(last.state.servers['test-1']?.status, 'serving');
  });

  it('ends with the dashboard, and the next dashboard is another one', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const names: string[] = [];
    for await (const { name, data } of eventsOf(base, await cookieOf(dashboard.url))) {
      names.push(name);
      if (names.length === 1) await until(() => dashboard.viewers === 1, { what: 'the viewer' });
      if (names.length === 1) void dashboard.stop();
      if (name === 'end') assert.equal(data.reason, 'stopped');
    }
    assert.equal(names.at(-1), 'end');
    await dashboard.stop();
    await assert.rejects(dashboard.start(), { code: 'ERR_RPC_CLOSED' });
  });
});

function linkOfGate({ links, clients }: Snapshot['state']) {
  return Object.values(links).find(({ client }) => clients[client]?.name === 'gate-1');
}

async function firstSnapshot(base: string, headers: Record<string, string>): Promise<Snapshot> {
  return stateWith(base, headers, () => true);
}
