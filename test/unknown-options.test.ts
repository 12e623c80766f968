import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ClientOptions,
  cluster,
  createClient,
  createServer,
  Server,
  type ServerInfo,
  type ServerOptions,
} from '../index.js';

class Real {}

function linesOf(make: (options: Record<string, unknown>) => unknown, given: Record<string, unknown>): string[] {
  const lines: string[] = [];
  const logger = {
    info: () => {},
    warn: (line: string) => lines.push(line),
    error: (line: string) => lines.push(line),
  };
  make({ ...given, logger });
  return lines;
}

const makeClient = (options: object): unknown => createClient(options);
const makeServer = (options: object): unknown => createServer({ id: 'test-1', port: 0, ...options } as ServerOptions);
const makeShared = (options: object): unknown => cluster(Real, options);

describe('an option that does not exist', () => {
  it('is a warning of the client, with the name that was meant', () => {
    assert.deepEqual(linesOf(makeClient, { timeOut: 5 }), [
      'mailstation: the client got options that do not exist: "timeOut" (did you mean timeout?)',
    ]);
  });

  it('is a warning of the server', () => {
    assert.deepEqual(linesOf(makeServer, { path: [], standBy: true }), [
      'mailstation: the server got options that do not exist: "path" (did you mean paths?), "standBy" (did you mean standby?)',
    ]);
  });

  it('is a warning of cluster()', () => {
    assert.deepEqual(linesOf(makeShared, { prot: 7001 }), [
      'mailstation: cluster() got options that do not exist: "prot" (did you mean port?)',
    ]);
  });

  it('is a warning in an object of options too', () => {
    const [line, ...more] = linesOf(makeClient, { ejection: { consecutiveFailure: 2 }, retryBudget: { Ratio: 0.1 } });
    assert.equal(
      line,
      'mailstation: the client got options that do not exist: ' +
        '"consecutiveFailure" (did you mean consecutiveFailures?) in ejection, "Ratio" (did you mean ratio?) in retryBudget',
    );
    assert.deepEqual(more, []);
  });

  it('is a warning in the entry of a server, once for each change of the entry', () => {
    const lines = linesOf((options) => {
      const client = createClient(options);
      const entry = { id: 'a-1', serverType: 'a', hots: '10.0.0.1', port: 3333, zone: 'eu', pid: 7, clientPort: 3010 };
      client.addServers([entry]);
      client.replaceServers([entry]);
      client.addServer({ ...entry, id: 'a-2', host: '10.0.0.1', hosts: 2, wieght: 3 } as typeof entry);
    }, {});
    assert.deepEqual(lines, [
      'mailstation: the entry of server a-1 has fields without a meaning: "hots" (did you mean host?)',
      'mailstation: the entry of server a-2 has fields without a meaning: "wieght" (did you mean weight?)',
    ]);
  });

  it('is a warning in the entry of a server that cannot be called', () => {
    const entry = { id: 'a-1', serverType: 'a', prot: 3333 } as unknown as ServerInfo;
    assert.deepEqual(
      linesOf((options) => createClient(options).addServer(entry), {}),
      [
        'mailstation: the entry of server a-1 has fields without a meaning: "prot" (did you mean port?)',
        'mailstation: server a-1 is known, but cannot be called: its entry has no port',
      ],
    );
  });

  it('is a warning in a record of proxies', () => {
    const record = { namespace: 'user', serverType: 'test', pth: 'remote', note: 1 };
    assert.deepEqual(
      linesOf((options) => createClient(options).addProxy(record), {}),
      ['mailstation: the record of user has fields without a meaning: "pth" (did you mean path?)'],
    );
  });

  it('is a warning without a suggestion where no name is near', () => {
    assert.deepEqual(linesOf(makeClient, { colour: 'red' }), [
      'mailstation: the client got options that do not exist: "colour"',
    ]);
  });

  it('is no warning where it has no value', () => assert.deepEqual(linesOf(makeClient, { timeOut: undefined }), []));

  it('is no warning where pomelo and pinus have that option', () => {
    const given = { cacheMsg: true, lazyConnection: true, enableRpcLog: true, buffMsg: false, dynamicUserProxy: true };
    assert.deepEqual(linesOf(makeClient, given), []);
    assert.deepEqual(
      linesOf((options) => Server.create({ port: 0, ...options }), { useZipCompress: true }),
      [],
    );
  });

  it('may be for a custom mailbox or acceptor, unless it is near an option', () => {
    const create = () => assert.fail('nothing is connected');
    const given = { mailboxFactory: { create }, colour: 'red', timeOut: 5 };
    assert.deepEqual(linesOf(makeClient, given), [
      'mailstation: the client got options that do not exist: "timeOut" (did you mean timeout?)',
    ]);
  });

  it('is refused in a filter that would run in neither phase', () => {
    const client = createClient({});
    for (const filter of [{ befor: () => {} }, { before: 'user' }, {}]) {
      assert.throws(
        () => client.before(filter as object),
        /^RpcError.*a filter must be a function or an object with before or after, got /,
      );
    }
    client.before({ after: () => {} }); // one object may be given to both
  });

  it('is refused by with(), since a call has no logger', () => {
    const client = createClient({});
    client.addProxy({ namespace: 'user', serverType: 'test' });
    const { f } = client.proxies.user.test.service;
    for (const [options, message] of [
      [{ timout: 5 }, 'a call has no option "timout" (did you mean timeout?)'],
      [{ failmode: 'failover' }, 'a call has no option "failmode" (did you mean failMode?)'],
      [{ colour: 'red' }, 'a call has no option "colour"'],
    ] as const) {
      assert.throws(() => f.with(options), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    }
  });

  it('is no option that exists', () => {
    const client: ClientOptions = { timeout: 5, ejection: true, share: { port: 7_001, lead: false }, router: 'rr' };
    assert.deepEqual(linesOf(makeClient, { ...client }), []);
    assert.deepEqual(linesOf(makeServer, { host: '127.0.0.1', callbacks: true, paths: [] }), []);
    assert.deepEqual(linesOf(makeShared, { port: 7_001, isLeader: null, name: 'x' }), []);
  });
});
