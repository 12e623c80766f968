import assert from 'node:assert/strict';
import { both, type Lab, ourLab, ours, theirs } from './support/lab.js';
import { fault } from './support/row.js';

fault(
  1,
  'a call that cannot be sent is answered with the reason',
  {
    theirs:
      'A call that finds no server, no connection or a refusing filter never calls back, unless rpcDebugLog is on.',
    ours: 'The callback gets the error, whatever is logged.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const client = await lab.client();
      return lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('nowhere', cb), 150);
    });
    assert.equal(found.theirs, 'no answer');
    assert.equal(found.ours[0].code, 'ERR_RPC_NO_SERVER');
  },
);

/** Calls with a mode of failure. */
async function callWithMode(lab: Lab, failMode: string, servers: readonly object[], options: object = {}) {
  const client = await lab.client(servers, { failMode, ...options });
  return client.proxies.user.test.service.note
    .with({ timeout: 200 })(null, 1)
    .then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
}

fault(
  2,
  'failover with no server left ends the call, not the process',
  {
    theirs: 'With failMode failover and no other server: TypeError, cb is not a function, uncaught.',
    ours: 'The call fails with an error, which has all attempts.',
  },
  async (t) => {
    const uncaught = await theirs(t, async (lab) => {
      const create = () => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) => cb(null, new Error('cut')),
        close() {},
        on() {},
      });
      const client = await lab.client([{ id: 's1', serverType: 'test', host: '127.0.0.1', port: 1 }], {
        failMode: 'failover',
        mailboxFactory: { create },
      });
      await lab.answer((cb) => client.proxies.user.test.service.whoami(null, cb), 100);
      return lab.uncaught;
    });
    assert.match(String(uncaught), /cb is not a function/);
    const lab = ourLab(t);
    const dead = [{ id: 's1', serverType: 'test', port: await lab.port() }];
    assert.equal(await callWithMode(lab, 'failover', dead), 'ERR_RPC_CONNECT');
  },
);

fault(
  3,
  'a server that failed once is not forgotten',
  {
    theirs: 'failover takes the server out of the list that routers choose from, for good.',
    ours: 'A failed call changes nothing about the servers.',
  },
  async (t) => {
    const left = await theirs(t, async (lab) => {
      const create = (server: { id: string }) => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) =>
          server.id === 's1' ? cb(null, new Error('cut')) : cb(null, null, [null, server.id]),
        close() {},
        on() {},
      });
      const servers = ['s1', 's2'].map((id) => ({ id, serverType: 'test', host: '127.0.0.1', port: 1 }));
      const client = await lab.client(servers, { failMode: 'failover', routerType: 'rr', mailboxFactory: { create } });
      await lab.answer((cb) => client.proxies.user.test.service.whoami(null, cb), 200);
      return client._station.serversMap.test;
    });
    assert.deepEqual(left, ['s2']);
    const lab = ourLab(t);
    const dead = [
      { id: 's1', serverType: 'test', port: await lab.port() },
      { id: 's2', serverType: 'test', port: await lab.port() },
    ];
    const client = await lab.client(dead, { failMode: 'failover' });
    await assert.rejects(client.proxies.user.test.service.whoami.with({ timeout: 300 })(null), {
      code: 'ERR_RPC_CONNECT',
    });
    assert.equal(client.getServersByType('test').length, 2);
  },
);

fault(
  4,
  'a failed connection is told with the call that it failed',
  {
    theirs: 'A failed connect emits error with msg null; failover then throws a TypeError.',
    ours: 'error has the message of the call, and so does the RpcError (method, serverId).',
  },
  async (t) => {
    const lab = ourLab(t);
    const client = await lab.client([{ id: 's1', serverType: 'test', port: await lab.port() }]);
    const heard: unknown[][] = [];
    client.on('error', (...args: unknown[]) => heard.push(args));
    const failure = await client.proxies.user.test.service.whoami
      .with({ timeout: 40 })(null)
      .catch((e: Error) => e);
    assert.equal(heard.length, 1);
    const [code, , serverId, msg, , error] = heard[0] as [number, null, string, { method: string }, object, Error];
    assert.deepEqual([code, serverId, msg.method], [3, 's1', 'whoami']);
    assert.equal(error, failure);
    assert.deepEqual([failure.method, failure.serverId], ['user.service.whoami', 's1']);
  },
);

fault(
  5,
  'a call that timed out is not made a second time',
  {
    theirs: 'failover takes a timeout for a failure to send, and sends the call to the next server as well.',
    ours: 'What may have been executed is not repeated unless the caller said that it is idempotent.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
      const options = { timeout: 500, routerType: 'rr' };
      const client = await lab.client(servers, { ...options, failMode: 'failover' });
      const { service } = client.proxies.user.test;
      for (const id of ['s1', 's2']) await lab.answer((cb) => service.whoami.toServer(id, cb));
      await lab.answer((cb) => service.never(null, 'once', cb), 1_000);
      const notes = [];
      for (const id of ['s1', 's2']) notes.push(...(await lab.answer((cb) => service.notes.toServer(id, cb)))[1]);
      return notes;
    };
    const found = await both(t, scenario);
    assert.deepEqual(found, { ours: ['once'], theirs: ['once', 'once'] });
  },
);

fault(
  6,
  'a mode of failure does what it says, or is refused',
  {
    theirs: 'failsafe is the same as failfast, and failback never answers.',
    ours: 'Each does what it is named for, and calls settle; a mode that there is not is refused when the client is made.',
  },
  async (t) => {
    const lab = ourLab(t);
    const dead = [{ id: 's1', serverType: 'test', port: await lab.port() }];
    for (const failMode of ['failsafe', 'failover'])
      assert.equal(await callWithMode(lab, failMode, dead), 'ERR_RPC_CONNECT');
    assert.equal(await callWithMode(lab, 'failback', dead), 'answered'); // with a receipt
    await assert.rejects(callWithMode(lab, 'no such mode', dead), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

fault(
  7,
  'a callback runs once',
  {
    theirs:
      'With rpcDebugLog, a call that could not be sent calls back twice; after a failed after filter comes success.',
    ours: 'Once, with the error.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const counts = { unsent: [] as unknown[], filtered: [] as unknown[] };
      const create = () => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) =>
          setImmediate(() => cb(null, new Error('cut'))),
        close() {},
        on() {},
      });
      const failing = await lab.client([info], { rpcDebugLog: true, rpcLogger: lab.quiet, mailboxFactory: { create } });
      failing.proxies.user.test.service.whoami.toServer('s1', (error: unknown) => counts.unsent.push(Boolean(error)));
      await lab.until(() => counts.unsent.length > 0, 'the callback');
      const client = await lab.client([info]);
      client.setErrorHandler(() => {});
      client.after((_id: string, _msg: object, _opts: object, next: (e: Error) => void) => next(new Error('no')));
      client.proxies.user.test.service.whoami.toServer('s1', (error: unknown) => counts.filtered.push(Boolean(error)));
      await lab.until(() => counts.filtered.length > 0, 'the callback');
      return counts;
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, { unsent: [true], filtered: [true] });
    assert.deepEqual(found.theirs, { unsent: [true, true], filtered: [false] });
  },
);

fault(
  8,
  'past pendingSize the caller is told',
  {
    theirs: 'One more than pendingSize calls wait, and those past it are dropped with a line in the log.',
    ours: 'ERR_RPC_PENDING_FULL, at once.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const create = () => ({ connect() {}, send() {}, close() {}, on() {} });
      const servers = [{ id: 's1', serverType: 'test', host: '127.0.0.1', port: 1 }];
      const client = await lab.client(servers, { pendingSize: 1, connectTimeout: 300, mailboxFactory: { create } });
      const { service } = client.proxies.user.test;
      const calls = Array.from({ length: 3 }, () => lab.answer((cb) => service.whoami.toServer('s1', cb), 150));
      const answers = (await Promise.all(calls)).map((answer) => (answer === 'no answer' ? answer : answer[0].code));
      return { answers, waiting: client._station?.pendings?.s1.length };
    });
    assert.deepEqual(found.ours.answers, ['no answer', 'ERR_RPC_PENDING_FULL', 'ERR_RPC_PENDING_FULL']);
    assert.deepEqual(found.theirs, { answers: ['no answer', 'no answer', 'no answer'], waiting: 2 });
  },
);

fault(
  9,
  'a call to an unknown server is not executed later',
  {
    theirs: 'It fails, and is queued all the same: it runs when that server appears, after its caller has given up.',
    ours: 'It fails, and is over.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client();
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.note.toServer('s1', 'stale', cb), 50);
      client.addServer(info);
      await lab.answer((cb) => service.whoami.toServer('s1', cb));
      return (await lab.answer((cb) => service.notes.toServer('s1', cb)))[1];
    });
    assert.deepEqual(found, { ours: [], theirs: ['stale'] });
  },
);

fault(
  16,
  'a call that cannot be made is refused, not ignored',
  {
    theirs:
      'Before the start, with fewer than two arguments, for an id that is no string, for * of an unknown type: nothing happens.',
    ours: 'Each is answered with an error, and every server of a * with its outcome.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const idle = lab.lib.client.create({ context: {}, logger: lab.quiet });
      idle.addProxies([{ namespace: 'user', serverType: 'test', path: lab.REMOTE }]);
      const client = await lab.client();
      const { whoami } = client.proxies.user.test.service;
      const answers = await Promise.all([
        lab.answer((cb) => idle.proxies.user.test.service.whoami(null, cb), 100),
        lab.answer((cb) => whoami.toServer(undefined, cb), 100),
        lab.answer((cb) => whoami.toServer(7, cb), 100),
      ]);
      return answers.map((answer) => (answer === 'no answer' ? answer : answer[0].code));
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.theirs, ['no answer', 'no answer', 'no answer']);
    assert.deepEqual(found.ours, ['ERR_RPC_NOT_STARTED', 'ERR_RPC_INVALID_ARGUMENT', 'ERR_RPC_INVALID_ARGUMENT']);
    const star = await ours(t, async (lab) => {
      const client = await lab.client();
      const { whoami } = client.proxies.user.test.service;
      return [
        await lab.answer((cb) => whoami.toServer('*', cb)),
        await whoami(null).catch((e: Error) => lab.plain([e])),
      ];
    });
    for (const [error] of star) assert.equal(error.code, 'ERR_RPC_NO_SERVER');
  },
);
