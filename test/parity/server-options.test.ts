import assert from 'node:assert/strict';
import { untilEvent } from '../support/until.js';
import { both, ourLab } from './support/lab.js';
import { fault, row } from './support/row.js';

row(
  'server.01.acceptorFactory',
  'acceptorFactory.create(opts, cb): an acceptor with listen(port), close(), and events; it calls cb(tracer, msg, answer)',
  { is: 'better', ours: 'The same, also as a function, and in the form of the README, cb(msg, answer).' },
  async (t) => {
    const found = await both(t, async (lab) => {
      let receive: ((...args: unknown[]) => void) | undefined;
      const heard: unknown[] = [];
      const create = (opts: { services: object }, cb: (...args: unknown[]) => void) => {
        receive = cb;
        heard.push(Object.keys(opts.services));
        return { listen: (port: number) => void heard.push(port), close: () => void heard.push('close'), on() {} };
      };
      const server = lab.lib.server.create({
        port: 4321,
        paths: [{ namespace: 'user', path: lab.REMOTE }],
        context: {},
        acceptorFactory: { create },
        logger: lab.quiet,
      });
      await server.start();
      const msg = { namespace: 'user', service: 'service', method: 'all', args: [1, 2, 3] };
      heard.push(await lab.answer((cb) => receive?.(null, msg, cb)));
      await server.stop();
      return heard;
    });
    assert.deepEqual(found.ours, [['user'], 4321, [null, 1, 2, 3], 'close']);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'server.01.services',
  'services: what was loaded, by namespace and module; pinus takes what is given there',
  { is: 'same', ours: 'Beside those of `paths`. acceptorFactory sees all of them in its options.' },
  async (t) => {
    const lab = ourLab(t);
    const services = {
      user: { counter: { add: (a: number, b: number, cb: (e: null, sum: number) => void) => cb(null, a + b) } },
    };
    const { info } = await lab.serve({ paths: [], services });
    const client = await lab.client([info]);
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    assert.equal(await client.proxies.user.test.counter.add(null, 1, 2), 3);
  },
);

row(
  'server.01.whitelist',
  'whitelist(cb): cb(error, list of patterns) for the address of each peer, after it has connected; ws and ws2 only',
  {
    is: 'better',
    ours: 'The same, on every transport, and as a list; patterns match whole addresses, and where it fails nobody is let in.',
  },
  async (t) => {
    const lab = ourLab(t);
    const reach = async (options: object, timeout: number) => {
      const { info } = await lab.serve(options);
      const client = await lab.client([{ ...info, ...options }]);
      return client.proxies.user.test.service.whoami
        .with({ timeout })(null)
        .catch((e: { code: string }) => e.code);
    };
    type Whitelist = (error: unknown, list?: RegExp[]) => void;
    for (const transport of ['tcp', 'ws']) {
      assert.equal(
        await reach({ transport, whitelist: (cb: Whitelist) => cb(null, [/127\.0\.0\.1/]) }, 3_000),
        'server',
      );
      assert.equal(
        await reach({ transport, whitelist: (cb: Whitelist) => cb(null, [/10\..*/]) }, 600),
        'ERR_RPC_CONNECT',
      );
      assert.equal(
        await reach({ transport, whitelist: (cb: Whitelist) => cb(new Error('down')) }, 600),
        'ERR_RPC_CONNECT',
      );
    }
    assert.equal(await reach({ whitelist: ['127.0.0.1'] }, 3_000), 'server');
  },
);

row(
  'server.01.pkgSize',
  'pkgSize: the largest frame (tcp), unlimited unless set',
  { is: 'renamed', ours: '`maxFrameBytes`, 4 MiB unless set; the server takes pkgSize for it.' },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ pkgSize: 5_000 });
    const client = await lab.client([info]);
    const { service } = client.proxies.user.test;
    assert.equal(await service.echo(null, 'small'), 'small');
    await assert.rejects(service.echo(null, 'x'.repeat(5_001)));
    assert.equal(await service.echo(null, 'served again'), 'served again');
  },
);

row(
  'server.01.rpcLogger',
  'rpcLogger, rpcDebugLog: where and whether calls are traced, as JSON with their arguments; the mqtt acceptor never does',
  { is: 'better', ours: 'A line for each answer, never the arguments. rpcLogger is another name of logger.' },
  async (t) => {
    const lab = ourLab(t);
    const lines: string[] = [];
    const rpcLogger = { ...lab.quiet, info: (line: string) => lines.push(line) };
    const { info } = await lab.serve({ rpcLogger, logger: undefined, rpcDebugLog: true });
    const client = await lab.client([info]);
    await client.proxies.user.test.service.echo(null, 'secret');
    const traced = lines.filter((line) => line.includes('user.service.echo'));
    assert.equal(traced.length, 1);
    assert.ok(!lines.join().includes('secret'));
  },
);

row(
  'server.06',
  'reloadRemotes: a path is watched, and loaded again when it changes; pinus: manualReloadRemoters()',
  {
    is: 'better',
    ours: 'The same names, and server.reloadRemotes(), by file; a reload event tells what became of each module.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { paths, write } = lab.twoNamespaces();
    const { server, info } = await lab.serve({ paths, reloadRemotes: true });
    const client = await lab.client([info]);
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    assert.equal(await client.proxies.user.test.version.get(null), 1);
    const reloaded = untilEvent(server, 'reload', { what: 'the reload' });
    write('user', 2);
    await reloaded;
    assert.equal(await client.proxies.user.test.version.get(null), 2);

    const manual = (await lab.serve({ paths })).server;
    write('user', 3);
    const result = await manual.manualReloadRemoters();
    assert.deepEqual(result.replaced, ['user.version']);
  },
);

fault(
  21,
  'a reload of one namespace leaves the others alone',
  {
    theirs: 'Hot reload puts the changed namespace in the place of all of them: calls of the others fail.',
    ours: 'Only the modules of the file that changed are replaced.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { paths, write } = lab.twoNamespaces();
      const { info } = await lab.serve({ paths, reloadRemotes: true });
      const client = await lab.client([info]);
      const get = async (namespace: string) => {
        const msg = { namespace, serverType: 'test', service: 'version', method: 'get', args: [] };
        const [error, version] = await lab.answer((cb) => client.rpcInvoke('s1', msg, cb));
        return error ? 'failed' : version;
      };
      const before = [await get('user'), await get('sys')];
      write('user', 2);
      await lab.until(async () => (await get('user')) === 2, 'the reload');
      return [before, [await get('user'), await get('sys')]];
    });
    assert.deepEqual(found.ours, [
      [1, 1],
      [2, 1],
    ]);
    assert.deepEqual(found.theirs, [
      [1, 1],
      [2, 'failed'],
    ]);
  },
);
