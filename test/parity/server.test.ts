import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { untilEvent } from '../support/until.js';
import { both, type Lab, ourLab, theirs } from './support/lab.js';
import { row } from './support/row.js';

row(
  'server.01.port',
  'Server.create({ port, paths }): throws without a port, without paths, and for port 0',
  {
    is: 'better',
    ours: 'Throws ERR_RPC_INVALID_ARGUMENT without a port; 0 is a port that the system chooses, told by server.port. `paths` may be left out.',
  },
  async (t) => {
    const scenario = async (lab: Lab) =>
      [{}, { paths: [] }, { port: 0, paths: [] }, { port: -1, paths: [] }].map((options) => {
        try {
          lab.lib.server.create(options);
          return 'made';
        } catch {
          return 'threw';
        }
      });
    const found = await both(t, scenario);
    assert.deepEqual(found, {
      ours: ['threw', 'threw', 'made', 'threw'],
      theirs: ['threw', 'threw', 'threw', 'threw'],
    });
    const lab = ourLab(t);
    const server = lab.lib.server.create({ port: 0, logger: lab.quiet });
    t.after(() => server.stop(true));
    await server.start();
    assert.ok(server.port > 0);
  },
);

row(
  'server.01.paths',
  'paths: [{ namespace, path }] and context: a folder of modules each, its factories called with the context',
  {
    is: 'better',
    ours: 'The same; a path may also be a file or a URL, relative to the working directory. Two modules of one name are refused.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const paths = ['test', 'more'].map((folder) => ({ namespace: 'user', path: `${lab.fixtures}/remote/${folder}` }));
      const { info } = await lab.serve({
        paths: [...paths, { namespace: 'sys', path: lab.REMOTE }],
        context: { serverId: 'mine' },
      });
      const client = await lab.client([info]);
      const call = (namespace: string, service: string, method: string) =>
        lab.answer((cb) => client.rpcInvoke('s1', { namespace, serverType: 'test', service, method, args: [] }, cb));
      return [
        await call('user', 'service', 'whoami'),
        await call('user', 'extra', 'extra'),
        await call('sys', 'service', 'whoami'),
      ];
    });
    assert.deepEqual(found.ours, [
      [null, 'mine'],
      [null, 'extra'],
      [null, 'mine'],
    ]);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'server.01.host',
  'A server listens on all interfaces, and asks nobody who they are',
  { is: 'retired', ours: "`host: '127.0.0.1'` unless set; wider needs `insecure: true`, else ERR_RPC_INSECURE." },
  async (t) => {
    const lab = ourLab(t);
    const { server } = await lab.serve();
    assert.equal(server.host, '127.0.0.1');
    const open = lab.lib.server.create({ port: await lab.port(), host: '0.0.0.0', logger: lab.quiet });
    t.after(() => open.stop(true));
    await assert.rejects(open.start(), { code: 'ERR_RPC_INSECURE' });
    const allowed = lab.lib.server.create({ port: 0, host: '0.0.0.0', insecure: true, logger: lab.quiet });
    t.after(() => allowed.stop(true));
    await allowed.start();
  },
);

row(
  'server.01.zip',
  'useZipCompress, doZipLength: declared for ws2, never used there',
  { is: 'retired', ours: 'They did nothing, and do nothing.' },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ useZipCompress: true, doZipLength: 100 });
    const client = await lab.client([info]);
    assert.equal(await client.proxies.user.test.service.whoami(null), 'server');
  },
);

row(
  'server.02',
  'A call reaches services[namespace][service][method](...args, cb), on the service; the callback answers',
  {
    is: 'better',
    ours: 'The same with Server.create, and a promise answers too (pinus). With createServer what a method returns is its answer.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve({ paths: [{ namespace: 'user', path: `${lab.fixtures}/remote/classes` }] });
      const client = await lab.client([info]);
      const msg = { namespace: 'user', serverType: 'test', service: 'child', args: [] };
      return [
        await lab.answer((cb) => client.rpcInvoke('s1', { ...msg, method: 'inherited', args: [] }, cb)),
        await lab.answer((cb) => client.rpcInvoke('s1', { ...msg, method: 'own', args: [] }, cb)),
      ];
    });
    assert.deepEqual(found.ours, [
      [null, 'inherited'],
      [null, 'own'],
    ]);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'server.02.promise',
  'pinus: the server awaits a promise or a plain value that a method returns',
  {
    is: 'same',
    ours: 'A promise always; a plain value from a method that has no place for a callback behind its arguments; with `callbacks`, the default of Server.create, every other method answers through one.',
  },
  async (t) => {
    const lab = ourLab(t);
    const paths = [{ namespace: 'user', path: `${lab.fixtures}/remote/promises` }];
    const value = (await lab.serve({ paths, callbacks: false })).info;
    const callbacks = (await lab.serve({ paths, id: 's2' })).info;
    const client = await lab.client([value, callbacks]);
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    const { answers } = client.proxies.user.test;
    assert.equal(await answers.promised.toServer('s1', 3), 6);
    assert.equal(await answers.plain.toServer('s1', 3), 6);
    assert.equal(await answers.promised.toServer('s2', 3), 6);
    assert.equal(await answers.plain.toServer('s2', 3), 6);
    assert.equal(
      await answers.plain
        .with({ timeout: 40 })
        .toServer('s2')
        .catch((e: { code: string }) => e.code),
      'ERR_RPC_TIMEOUT',
    );
  },
);

row(
  'server.03',
  '"no such namespace:", "no such service:", "no such method:", with what was asked for',
  {
    is: 'renamed',
    ours: 'ERR_RPC_NO_METHOD: "no such namespace: ...", "no such module: ...", "no such method: ...", and what there is.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const right = { namespace: 'user', serverType: 'test', service: 'service', method: 'echo' };
      const answers = [];
      for (const wrong of [{ namespace: 'nope' }, { service: 'nope' }, { method: 'nope' }])
        answers.push(await lab.answer((cb) => client.rpcInvoke('s1', { ...right, ...wrong, args: [] }, cb)));
      return answers.map(([error]) => String(error.error ?? error.stack).match(/no such \w+/)?.[0]);
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, ['no such namespace', 'no such module', 'no such method']);
    assert.deepEqual(found.theirs, ['no such namespace', 'no such service', 'no such method']);
  },
);

row(
  'server.04',
  'start(), stop(); error and closed are emitted; the ws acceptor emits connection { id, ip }',
  {
    is: 'better',
    ours: 'The same, with promises and callbacks; connection on every transport, and also start and disconnection.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { server, info } = await lab.serve();
    const connected = untilEvent(server, 'connection', { what: 'a connection' });
    const disconnected: unknown[] = [];
    server.on('disconnection', ({ id }: { id: unknown }) => disconnected.push(id));
    const socket = connect(info.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const [caller] = (await connected) as [{ id: unknown; ip: string }];
    assert.equal(caller.ip, '127.0.0.1');
    assert.notEqual(caller.id, undefined);
    socket.destroy();
    await lab.until(() => disconnected.includes(caller.id), 'the end of the connection');
    const closed = untilEvent(server, 'closed', { what: 'the server to close' });
    await server.stop();
    await closed;
    assert.equal(server.state, 'closed');

    const taken = await lab.serve();
    const second = lab.lib.server.create({ port: taken.info.port, logger: lab.quiet });
    await assert.rejects(second.start(), { code: 'ERR_RPC_ADDRESS_IN_USE' });
    const heard = await theirs(t, async (other) => {
      const first = await other.serve();
      const again = other.lib.server.create({ port: first.info.port, paths: [] });
      const failed = new Promise((resolve) => again.on('error', (error: { code: string }) => resolve(error.code)));
      again.start();
      return failed;
    });
    assert.equal(heard, 'EADDRINUSE');
  },
);

row(
  'server.05',
  'With bufferMsg answers are gathered for a connection, and written every interval',
  {
    is: 'better',
    ours: 'The same. Without it they are gathered to the end of the tick, which is quicker and as cheap.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const took: boolean[] = [];
      for (const bufferMsg of [true, false]) {
        const { info } = await lab.serve({ bufferMsg, interval: 150 });
        const client = await lab.client([info]);
        const { service } = client.proxies.user.test;
        await lab.answer((cb) => service.whoami.toServer('s1', cb));
        const startedAt = performance.now();
        for (let n = 0; n < 3; n++) await lab.answer((cb) => service.whoami.toServer('s1', cb));
        took.push(performance.now() - startedAt > 290);
      }
      return took;
    });
    assert.deepEqual(found.ours, [true, false]);
    assert.equal(found.theirs[0], true); // without bufferMsg it may take as long: 40 ms a call, by delayed acknowledgements
  },
);
