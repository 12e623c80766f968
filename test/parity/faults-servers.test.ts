import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { both, type Lab, ourLab } from './support/lab.js';
import { fault } from './support/row.js';

fault(
  19,
  'a call that fails takes no other with it',
  {
    theirs: 'A method that throws ends the processing of its whole batch: the calls behind it are never answered.',
    ours: 'Each call of a batch is answered by itself.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info], { bufferMsg: true, interval: 20 });
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.whoami.toServer('s1', cb));
      const calls = [
        lab.answer((cb) => service.throws.toServer('s1', 'thrown', cb), 300),
        lab.answer((cb) => service.echo.toServer('s1', 'behind it', cb), 300),
      ];
      const [thrown, behind] = await Promise.all(calls);
      return { thrown: thrown === 'no answer' ? thrown : 'told', behind };
    });
    assert.deepEqual(found.ours, { thrown: 'told', behind: [null, 'behind it'] });
    assert.deepEqual(found.theirs, { thrown: 'no answer', behind: 'no answer' });
  },
);

fault(
  20,
  'the error of a remote method keeps its name, message and code',
  {
    theirs: 'It arrives as a plain object with a stack.',
    ours: 'An Error: ERR_RPC_REMOTE, whose message and cause are those of the method; its stack only with exposeStack.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      return new Promise<unknown>((resolve) =>
        service.fail.toServer('s1', 'no such room', (error: Error & { cause?: Error & { code?: string } }) =>
          resolve({
            isError: error instanceof Error,
            told: /no such room/.test(error.message ?? ''),
            cause: error.cause && [error.cause.name, error.cause.message, error.cause.code],
            keys: error instanceof Error ? [] : Object.keys(error),
          }),
        ),
      );
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, {
      isError: true,
      told: true,
      cause: ['RangeError', 'no such room', 'E_FIXTURE'],
      keys: [],
    });
    assert.deepEqual(found.theirs, { isError: false, told: false, cause: undefined, keys: ['stack'] });
  },
);

fault(
  22,
  'a server that stops answers what it has, and is gone then',
  {
    theirs: 'stop() closes the port, and serves the connections that there are for ever; it tells nobody.',
    ours: 'Callers are told, what was received is answered, the connections are closed, and stop() resolves.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { server, info } = await lab.serve();
      const client = await lab.client([info], { timeout: 400 });
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.whoami.toServer('s1', cb));
      const under = lab.answer((cb) => service.later.toServer('s1', 80, 'under way', cb));
      await lab.answer((cb) => service.whoami.toServer('s1', cb));
      await server.stop();
      const after = await lab.answer((cb) => service.whoami.toServer('s1', cb), 1_000);
      return { underWay: (await under)[1], after: after[0] === null ? 'served' : after[0].code };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, { underWay: 'under way', after: 'ERR_RPC_CONNECT' });
    assert.deepEqual(found.theirs, { underWay: 'under way', after: 'served' });
  },
);

fault(
  23,
  'numbers arrive as they were sent',
  {
    theirs: 'mqtt2 writes fractions as 32-bit floats and integers as 32 bits.',
    ours: 'Every double, and bigints.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const client = await lab.client([info]);
    const numbers = [0.1, -1.5, 2 ** 31, 2 ** 40 + 0.5, Number.MAX_SAFE_INTEGER, -(2 ** 53), 1e-320, 2n ** 60n];
    assert.deepEqual(await client.proxies.user.test.service.echo(null, numbers), numbers);
  },
);

fault(
  24,
  'pinus: a promise always settles',
  {
    theirs:
      'Where nothing can be sent the promise never settles; .to() of no string and .to(*) of no server: the same.',
    ours: 'It rejects with the reason.',
  },
  async (t) => {
    const lab = ourLab(t);
    const client = await lab.client();
    const { whoami } = client.proxies.user.test.service;
    await assert.rejects(whoami.to('nowhere')(), { code: 'ERR_RPC_NO_SERVER' });
    await assert.rejects(whoami.to(undefined)(), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    await assert.rejects(whoami.to('*')(), { code: 'ERR_RPC_NO_SERVER' });
    await assert.rejects(whoami.broadcast(), { code: 'ERR_RPC_NO_SERVER' });
    await assert.rejects(whoami.defaultRoute(), { code: 'ERR_RPC_NO_SERVER' });
  },
);

fault(
  25,
  'pinus: a notification may be made before there is a connection',
  {
    theirs: 'notify over mqtt throws when not connected, and 30 s later, when no answer came, once more: uncaught.',
    ours: 'It waits for the connection like any call; if it cannot be sent, that is logged, and told to whoever awaits it.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const client = await lab.client([info]);
    const { service } = client.proxies.user.test;
    service.note.to('s1', true)('first');
    assert.deepEqual(await service.notes(null), ['first']);
    const warned: string[] = [];
    const other = await lab.client([], { logger: { ...lab.quiet, warn: (line: string) => warned.push(line) } });
    other.proxies.user.test.service.note.to('nowhere', true)('lost');
    await lab.until(() => warned.length > 0, 'the warning');
    assert.match(warned.join(), /one-way call failed/);
    await assert.rejects(other.proxies.user.test.service.note.to('nowhere', true)('lost'), {
      code: 'ERR_RPC_NO_SERVER',
    });
  },
);

fault(
  26,
  'pinus: awaiting a proxy is not a call',
  {
    theirs: 'With dynamicUserProxy every property is a remote method, then and toJSON among them.',
    ours: 'What JavaScript itself asks objects for is undefined.',
  },
  async (t) => {
    const lab = ourLab(t);
    const client = await lab.client();
    client.addProxies([{ namespace: 'dyn', serverType: 'test' }]);
    const module = client.proxies.dyn.test.anything;
    assert.equal(await module, module);
    for (const name of ['then', 'toJSON', Symbol.iterator, Symbol.toPrimitive, '__proto__x', '_hidden'])
      assert.equal(module[name], undefined, String(name));
    assert.equal(typeof module.anyMethod, 'function');
  },
);

fault(
  27,
  'pinus: a frame past the limit costs its own connection, and no memory',
  {
    theirs:
      'Past pkgSize the next chunk throws in the data handler: the process ends. Without it, what a frame claims is allocated.',
    ours: 'The connection is closed; memory grows with what has arrived.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ maxFrameBytes: 10_000 });
    const header = Buffer.alloc(24);
    header.writeUInt8(1, 0);
    header.writeUInt32BE(1, 8);
    header.writeUInt32BE(1_000, 12);
    header.writeUInt32BE(10, 16);
    header.writeUInt32BE(20_000, 20);
    const stranger = connect(info.port, '127.0.0.1');
    t.after(() => stranger.destroy());
    stranger.on('error', () => {});
    stranger.write(Buffer.concat([header, Buffer.from('more of it')]));
    await lab.until(() => stranger.closed, 'the connection to be closed'); // long before it would be for its silence
    const client = await lab.client([info]);
    assert.equal(await client.proxies.user.test.service.whoami(null), 'server');
  },
);

fault(
  28,
  'pinus: a broadcast tells what became of each server',
  {
    theirs: 'It fails whole with the first error, and the results are lost.',
    ours: "Every server's outcome, in the order of the servers.",
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ id: 's1' });
    const dead = { id: 's2', serverType: 'test', port: await lab.port() };
    const client = await lab.client([info, dead]);
    const outcomes = await client.proxies.user.test.service.whoami.with({ timeout: 500 }).broadcast();
    assert.deepEqual(
      outcomes.map((each: { serverId: string; value?: string; reason?: { code: string } }) => [
        each.serverId,
        each.value ?? each.reason?.code,
      ]),
      [
        ['s1', 's1'],
        ['s2', 'ERR_RPC_CONNECT'],
      ],
    );
  },
);
