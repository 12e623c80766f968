import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { describe, it } from 'node:test';
import { RpcCode, type RpcError } from '../../../../lib/errors.js';
import { unavailable } from '../../../../lib/registry/engine-errors.js';
import { knock } from '../../../../lib/registry/etcd/diagnosis.js';
import { type Dial, Dialler } from '../../../../lib/registry/etcd/dialler.js';
import { hostsOption } from '../../../../lib/registry/etcd/hosts.js';
import type { Session } from '../../../../lib/registry/etcd/session.js';

const hosts = hostsOption('hosts', ['http://127.0.0.1:1', 'http://127.0.0.1:2']);

/** A session that ends when the test wants it. */
function session(): { session: Session; end(reason: Error): void } {
  let resolve = (_reason: Error): void => {};
  const connection = {
    isOpen: true,
    ended: new Promise<Error>((ended) => {
      resolve = ended;
    }),
    end: (reason: Error) => {
      connection.isOpen = false;
      resolve(reason);
    },
  };
  return { session: { connection } as unknown as Session, end: (reason) => connection.end(reason) };
}

describe('the way to etcd', () => {
  it('asks only a host that has failed before whether anything listens there', async () => {
    const tried: string[] = [];
    const opened: ReturnType<typeof session>[] = [];
    const dial: Dial = async ({ url }, { isRepeated }) => {
      tried.push(`${url.at(-1)} ${isRepeated ? 'again' : 'first'}`);
      if (tried.length % 4 !== 0) throw unavailable('away', 'not-sent');
      const made = session();
      opened.push(made);
      return made.session;
    };
    let moves = 0;
    const dialler = new Dialler(hosts, dial, () => {
      moves += 1;
    });
    await dialler.session(30_000);
    const [one, other] = tried[0]?.startsWith('1') ? ['1', '2'] : ['2', '1'];
    assert.deepEqual(tried, [`${one} first`, `${other} first`, `${one} again`, `${other} again`]);
    assert.equal(moves, 2, 'dialling, connected');

    opened[0]?.end(unavailable('lost', 'unknown'));
    await new Promise(setImmediate);
    await dialler.session(30_000);
    assert.deepEqual(
      tried.slice(4, 6),
      [`${one} first`, `${other} again`],
      'a host whose connection ended may be away',
    );
    dialler.close();
  });

  it('fails in time, and names the reason of each host', async () => {
    const dial: Dial = async ({ url }) => {
      throw unavailable(`no way to ${url.at(-1)}`, 'not-sent');
    };
    const dialler = new Dialler(hosts, dial, () => {});
    const error: RpcError = await dialler.session(1).then(
      () => assert.fail('there is no session'),
      (failure: RpcError) => failure,
    );
    assert.equal(error.code, RpcCode.Registry);
    for (const host of ['1', '2']) assert.match(error.message, new RegExp(`:${host}: no way to ${host}`));
    dialler.close();
  });
});

describe('the question whether anything listens', () => {
  it('is answered by a listener, and by the reason where there is none', async (t) => {
    const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const [host] = hostsOption('hosts', `http://127.0.0.1:${port}`);
    t.after(() => server.close());
    assert.ok(host);
    const { signal } = new AbortController();
    await knock(host, 30_000, signal);
    server.close();
    await once(server, 'close');
    await assert.rejects(knock(host, 30_000, signal), /ECONNREFUSED/);
  });

  it('ends with the engine', async () => {
    const [host] = hostsOption('hosts', 'http://192.0.2.1:2379'); // answers nothing; source: RFC 5737
    assert.ok(host);
    const closed = new Error('the engine was closed');
    await assert.rejects(knock(host, 600_000, AbortSignal.abort(closed)));
  });
});
