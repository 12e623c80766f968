import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { both, type Lab, ourLab, ours, theirs } from './support/lab.js';
import { fault } from './support/row.js';

fault(
  10,
  'a server that is not up yet is called as soon as it is',
  {
    theirs:
      'A refused connection is taken for one that stands: the call is written into the void, and times out 30 s later.',
    ours: 'Dialled again until the deadline of the call, which then says why: ERR_RPC_CONNECT.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const port = await lab.port();
      const client = await lab.client([{ id: 's1', serverType: 'test', host: '127.0.0.1', port }], { timeout: 2_000 });
      const early = lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('s1', cb));
      await new Promise((resolve) => setTimeout(resolve, 30)); // it has been refused by now
      await lab.serve({ port });
      return early;
    });
    assert.deepEqual(found.ours, [null, 'server']);
    assert.match(found.theirs[0].error, /callback timeout 2000/);
  },
);

fault(
  11,
  'nothing is sent to a listener that is no server',
  {
    theirs: 'Connected is what a socket is that took the bytes of CONNECT; the acknowledgement is not waited for.',
    ours: 'No call is sent before the server has answered the registration; it is not-sent, and may be repeated.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      let text = '';
      const mute = await lab.rawServer((socket) => {
        socket.on('data', (bytes) => {
          text += bytes.toString('latin1');
        });
      });
      const client = await lab.client([mute.info], { timeout: 200 });
      const answer = await lab.answer(
        (cb) => client.proxies.user.test.service.echo.toServer('s1', 'the call', cb),
        1_000,
      );
      return { wasSent: text.includes('the call'), error: String(answer[0].error) };
    };
    const found = await both(t, scenario);
    assert.deepEqual([found.ours.wasSent, found.theirs.wasSent], [false, true]);
    assert.match(found.ours.error, /waiting for a connection|not connected/);
  },
);

fault(
  12,
  'a connection that is lost while waiting calls are sent loses none of them',
  {
    theirs: 'What is queued again while the queue is flushed is deleted with the queue.',
    ours: 'Each waiting call is answered, or fails with how far it got.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    let cuts = 0;
    const relay = await lab.relay(info);
    const front = await lab.rawServer((socket) => {
      cuts += 1;
      if (cuts <= 2) return void socket.destroy();
      const onward = connect(relay.info.port, '127.0.0.1');
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const client = await lab.client([front.info]);
    const { service } = client.proxies.user.test;
    const notes = await Promise.all(Array.from({ length: 6 }, (_, n) => service.note(null, n)));
    assert.deepEqual(notes, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await service.notes(null), [0, 1, 2, 3, 4, 5]);
  },
);

fault(
  13,
  'calls in flight end when their connection does',
  {
    theirs:
      'A connection that ended is noticed by keepalive, 20 to 40 s later; a mailbox that closes leaves its calls to their timers.',
    ours: 'ERR_RPC_CONNECTION_LOST at once; ERR_RPC_CLOSED from stop(true).',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const relay = await lab.relay((await lab.serve()).info);
      const client = await lab.client([relay.info]);
      const { service } = client.proxies.user.test;
      const call = async (end: () => void) => {
        await lab.answer((cb) => service.whoami.toServer('s1', cb));
        const answer = lab.answer((cb) => service.never.toServer('s1', 1, cb), 1_200);
        await lab.answer((cb) => service.whoami.toServer('s1', cb));
        end();
        const ended = await answer;
        return ended === 'no answer' ? ended : ended[0].code;
      };
      const lost = await call(() => relay.cut());
      if (lost === 'no answer') return { lost };
      return { lost, stopped: await call(() => client.stop(true)) };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, { lost: 'ERR_RPC_CONNECTION_LOST', stopped: 'ERR_RPC_CLOSED' });
    assert.deepEqual(found.theirs, { lost: 'no answer' });
  },
);

fault(
  14,
  'servers that were removed, replaced or moved are not called any more',
  {
    theirs:
      'Routers go on choosing removed servers; a server at a new address is called at the old one; the hash ring is stale.',
    ours: 'Routers, rings and mailboxes follow the roster at once.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const first = (await lab.serve({ id: 's1', context: { serverId: 'old' } })).info;
      const moved = { ...(await lab.serve({ id: 's1', context: { serverId: 'new' } })).info };
      const client = await lab.client([first], { routerType: 'rr' });
      const { service } = client.proxies.user.test;
      const whoami = () => lab.answer((cb) => service.whoami(null, cb), 200);
      const seen = [await whoami()];
      client.addServer(moved);
      seen.push(await whoami());
      client.addServer({ ...first, id: 's0' });
      client.removeServer('s0');
      seen.push(await whoami(), await whoami());
      return seen.map((answer) => (answer === 'no answer' ? answer : answer[1]));
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, ['old', 'new', 'new', 'new']);
    assert.equal(found.theirs[1], 'old');
    assert.ok(found.theirs.includes('no answer'), String(found.theirs));

    const ring = async (lab: Lab) => {
      const server = (id: string) => ({ id, serverType: 'test', host: '127.0.0.1', port: 1 });
      const seen: string[] = [];
      const create = ({ id }: { id: string }) => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) => {
          seen.push(id);
          cb(null, null, [null]);
        },
        close() {},
        on() {},
      });
      const client = await lab.client(['s1', 's2'].map(server), {
        routerType: 'ch',
        hashFieldIndex: 0,
        mailboxFactory: { create },
      });
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.echo(null, 'any', cb));
      seen.length = 0;
      client.replaceServers(['s8', 's9'].map(server));
      for (let n = 0; n < 20; n++) await lab.answer((cb) => service.echo(null, `key ${n}`, cb), 20);
      return [...new Set(seen)].sort();
    };
    assert.deepEqual(await ours(t, ring), ['s8', 's9']);
    assert.ok(!(await theirs(t, ring)).includes('s9'));
  },
);

fault(
  15,
  'a newcomer does not get all the calls of least-active',
  {
    theirs: 'la counts calls and never counts down, and a server that was added later counts as idle for ever.',
    ours: 'By calls in flight; servers that are equally idle take turns.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const server = (id: string) => ({ id, serverType: 'test', host: '127.0.0.1', port: 1 });
      const counts: Record<string, number> = {};
      const create = ({ id }: { id: string }) => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) => {
          counts[id] = (counts[id] ?? 0) + 1;
          cb(null, null, [null]);
        },
        close() {},
        on() {},
      });
      const client = await lab.client(['s1', 's2'].map(server), { routerType: 'la', mailboxFactory: { create } });
      const { service } = client.proxies.user.test;
      for (let n = 0; n < 10; n++) await lab.answer((cb) => service.whoami(null, cb));
      client.addServer(server('s3'));
      for (const id of Object.keys(counts)) delete counts[id];
      for (let n = 0; n < 21; n++) await lab.answer((cb) => service.whoami(null, cb));
      return counts;
    });
    assert.deepEqual(found, { ours: { s1: 7, s2: 7, s3: 7 }, theirs: { s3: 21 } });
  },
);

fault(
  17,
  'a timeout over WebSocket reaches the caller',
  {
    theirs:
      'ws2: the timer of a call never calls back, and a disconnect hands the error over in the place of the tracer.',
    ours: 'The same ending on every transport.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ transport: 'ws' });
    const client = await lab.client([{ ...info, transport: 'ws' }]);
    const { service } = client.proxies.user.test;
    await service.whoami(null);
    await assert.rejects(service.never.with({ timeout: 50 })(null, 1), { code: 'ERR_RPC_TIMEOUT' });
  },
);

fault(
  18,
  'bytes that are no packet cost one connection, and replies stay with their callers',
  {
    theirs:
      'tcp: unparsable bytes throw in the data handler; sockets are kept under an undefined id, so that replies cross.',
    ours: 'The connection that broke the format is closed; all others are served.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const stranger = connect(info.port, '127.0.0.1');
    t.after(() => stranger.destroy());
    stranger.on('error', () => {});
    stranger.write(Buffer.from('{"id":1,"msg":not json at all, and longer than any header is}'));
    await lab.until(() => stranger.closed, 'the connection to be closed'); // long before it would be for its silence
    const callers = await Promise.all(Array.from({ length: 5 }, () => lab.client([info])));
    const answers = callers.map((client, n) => client.proxies.user.test.service.later(null, 20 - n, n));
    assert.deepEqual(await Promise.all(answers), [0, 1, 2, 3, 4]);
  },
);
