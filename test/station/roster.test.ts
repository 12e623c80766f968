import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerInfo } from '../../lib/server-info.js';
import { Roster } from '../../station/roster.js';

function server(id: string, more: Partial<ServerInfo> = {}): ServerInfo {
  return { id, serverType: 'test', host: '127.0.0.1', port: 3_333, ...more };
}

const ids = (servers: readonly ServerInfo[]) => servers.map(({ id }) => id);

function filled(...list: string[]): Roster {
  const roster = new Roster();
  for (const id of list) roster.add(server(id));
  return roster;
}

describe('Roster', () => {
  it('reads a frozen entry once, however often a list has it', () => {
    let reads = 0;
    const entry = Object.freeze({
      id: 'chat-1',
      serverType: 'chat',
      get port() {
        reads += 1;
        return 3333;
      },
    });
    const roster = new Roster();
    assert.equal(roster.replace([entry]).length, 1);
    const first = reads;
    assert.deepEqual(roster.replace([entry]), []);
    assert.equal(reads, first);
  });

  it('knows servers by id and by type, in the order in which they were added', () => {
    const roster = filled('b', 'a');
    roster.add(server('c', { serverType: 'other' }));
    assert.deepEqual(ids(roster.ofType('test')), ['b', 'a']);
    assert.deepEqual(ids(roster.ofType('other')), ['c']);
    assert.deepEqual(ids(roster.ofType('none')), []);
    assert.equal(roster.get('a')?.port, 3_333);
    assert.equal(roster.get('z'), undefined);
    assert.deepEqual(ids(roster.all()), ['b', 'a', 'c']);
  });

  it('says what changed', () => {
    const roster = new Roster();
    const first = server('a');
    assert.deepEqual(roster.add(first), { id: 'a', kind: 'added', old: undefined, now: first });
    assert.equal(roster.add({ ...first }), undefined, 'the same again');
    const moved = server('a', { port: 4_444 });
    assert.deepEqual(roster.add(moved), { id: 'a', kind: 'replaced', old: first, now: moved });
    assert.deepEqual(roster.remove('a'), { id: 'a', kind: 'removed', old: moved, now: undefined });
    assert.equal(roster.remove('a'), undefined);
  });

  it('hands out frozen snapshots of frozen copies', () => {
    const roster = new Roster();
    const given = { ...server('a'), tags: ['x'] };
    roster.add(given);
    given.port = 1;
    const snapshot = roster.ofType('test');
    assert.equal(snapshot[0]?.port, 3_333);
    assert.equal(Object.isFrozen(snapshot) && Object.isFrozen(snapshot[0]), true);
  });

  it('hands out the same snapshot until the type changes, and then another', () => {
    const roster = filled('a');
    const one = roster.ofType('test');
    roster.add(server('a'));
    roster.add(server('x', { serverType: 'other' }));
    roster.remove('unknown');
    roster.replace([server('a'), server('x', { serverType: 'other' })]);
    assert.equal(roster.ofType('test'), one);
    const snapshots = new Set([one]);
    const changes = [
      () => roster.add(server('b')),
      () => roster.add(server('b', { weight: 2 })),
      () => roster.remove('a'),
      () => roster.add(server('b', { serverType: 'other' })),
    ];
    for (const change of changes) {
      change();
      snapshots.add(roster.ofType('test'));
      assert.equal(roster.ofType('test'), roster.ofType('test'));
    }
    assert.equal(snapshots.size, changes.length + 1);
    assert.deepEqual(ids(one), ['a'], 'older ones stay as they were');
  });

  it('keeps the place of an entry that is replaced', () => {
    const roster = filled('a', 'b', 'c');
    roster.add(server('b', { port: 9 }));
    assert.deepEqual(ids(roster.ofType('test')), ['a', 'b', 'c']);
  });

  it('moves an entry whose type changes, and leaves nothing behind', () => {
    const roster = filled('a', 'b');
    const change = roster.add(server('a', { serverType: 'other' }));
    assert.equal(change?.kind, 'replaced');
    assert.deepEqual([ids(roster.ofType('test')), ids(roster.ofType('other'))], [['b'], ['a']]);
    roster.remove('a');
    assert.deepEqual([ids(roster.ofType('test')), ids(roster.ofType('other'))], [['b'], []]);
  });

  it('becomes a list by its differences', () => {
    const roster = filled('a', 'b', 'c');
    const changes = roster.replace([server('b'), server('c', { port: 9 }), server('d')]);
    assert.deepEqual(
      changes.map(({ kind, id }) => `${kind} ${id}`),
      ['removed a', 'replaced c', 'added d'],
    );
    assert.deepEqual(ids(roster.all()).sort(), ['b', 'c', 'd']);
    assert.deepEqual(roster.replace([server('b'), server('c', { port: 9 }), server('d')]), []);
    roster.replace([]);
    assert.deepEqual(ids(roster.all()), []);
  });

  it('has the order of the list that it became, so that all who were given it route alike', () => {
    const roster = filled('b');
    roster.replace([server('a'), server('b'), server('c')]);
    assert.deepEqual(ids(roster.ofType('test')), ['a', 'b', 'c']);
  });

  it('takes the last of two entries with one id in a list', () => {
    const roster = new Roster();
    roster.replace([server('a', { port: 1 }), server('a', { port: 2 })]);
    assert.equal(roster.get('a')?.port, 2);
    assert.equal(roster.ofType('test').length, 1);
  });

  it('changes nothing when one of a list is no server', () => {
    const roster = filled('a');
    assert.throws(() => roster.replace([server('b'), server('c', { port: -1 })]), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    assert.deepEqual(ids(roster.all()), ['a']);
  });

  const invalid: [unknown, RegExp][] = [
    [undefined, /^a server is missing: give an object/],
    [null, /^a server must be an object/],
    ['test-1', /^a server must be an object/],
    [[server('a')], /^addServer\(\) takes one server, got a list: give the list to addServers\(\)$/],
    [{ serverType: 'test', port: 1 }, /^the id of a server is missing: give a non-empty string/],
    [{ ...server(''), id: '' }, /^the id of a server must be/],
    [{ ...server('a'), id: {} }, /^the id of a server must be/],
    [server('*'), /^"\*" cannot be the id of a server/],
    [{ ...server('a'), serverType: 5 }, /^the serverType of server a must be a non-empty string, got 5$/],
    [server('a', { port: 0 }), /^the port of server a must be an integer from 1 to 65535, got 0/],
    [server('a', { port: 65_536 }), /^the port of server a/],
    [{ ...server('a'), port: '33x' }, /^the port of server a must be .*, got "33x"/],
    [server('a', { host: '' }), /^the host of server a/],
    [{ ...server('a'), host: 5 }, /^the host of server a/],
    [{ ...server('a'), transport: 'mqtt' }, /^the transport of server a must be one of tcp, tls, ws, wss, got "mqtt"/],
    [server('a', { weight: 0 }), /^the weight of server a must be a number above 0/],
    [server('a', { weight: -1 }), /^the weight of server a/],
    [server('a', { weight: Number.NaN }), /^the weight of server a/],
    [server('a', { weight: Number.POSITIVE_INFINITY }), /^the weight of server a/],
    [{ ...server('a'), weight: '2x' }, /^the weight of server a/],
    [{ id: 'a', serverType: 'test', url: 'tcp://chat' }, /^the url of server a must have a port, got "tcp:\/\/chat"/],
    [{ id: 'a', serverType: 'test', url: 'http://chat' }, /^the url of server a must be a URL of a known scheme/],
    [{ id: 'a', serverType: 'test', url: 5 }, /^the url of server a must be a non-empty string, got 5/],
    [
      { ...server('a'), host: undefined, url: 'tcp://b:1' },
      /^server a has the fields url and port: leave one of them out, since the URL/,
    ],
    [{ id: 'a', serverType: 'test', host: 'c', url: 'tcp://b:1' }, /^server a has the fields url and host/],
  ];
  for (const [given, message] of invalid) {
    it(`refuses ${JSON.stringify(given) ?? 'nothing'}`, () => {
      assert.throws(() => new Roster().add(given as ServerInfo), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });
  }

  describe('with entries of servers that cannot be called', () => {
    const gate = { id: 'gate-1', serverType: 'gate', host: '127.0.0.1', clientPort: 3014 };
    const told: string[] = [];
    const roster = () => {
      told.length = 0;
      return new Roster({ onUncallable: (one) => told.push(typeof one === 'string' ? one : `${one.id}: ${one.why}`) });
    };

    for (const port of [undefined, null, '']) {
      it(`knows an entry whose port is ${JSON.stringify(port) ?? 'missing'}, and says why it cannot be called`, () => {
        const known = roster();
        assert.equal(known.addAll([{ ...gate, port }, server('a')]).length, 1);
        assert.deepEqual(ids(known.all()), ['a']);
        assert.equal(known.uncallable('gate-1')?.why, 'its entry has no port');
        assert.equal(known.uncallableOfType('gate')?.id, 'gate-1');
        assert.deepEqual(known.ofType('gate'), []);
        assert.deepEqual(
          known.entries().map(({ id }) => id),
          ['a', 'gate-1'],
        );
      });
    }

    it('tells of one once, and again when the entry changes', () => {
      const known = roster();
      const list = [gate, server('a')];
      known.addAll(list);
      known.replace(list);
      known.replace([...list].reverse());
      assert.deepEqual(told, ['gate-1: its entry has no port']);
      known.replace([{ ...gate, host: '127.0.0.2' }]);
      assert.equal(told.length, 2);
    });

    it('removes a server whose new entry has no port, and adds one whose new entry has a port', () => {
      const known = roster();
      known.add(server('a'));
      assert.equal(known.add({ id: 'a', serverType: 'test' })?.kind, 'removed');
      assert.deepEqual(ids(known.ofType('test')), []);
      assert.equal(known.add(server('a'))?.kind, 'added');
      assert.equal(known.uncallable('a'), undefined);
    });

    it('forgets one that is removed, or is missing in the list that replaces', () => {
      const known = roster();
      known.addAll([gate, { ...gate, id: 'gate-2' }]);
      assert.equal(known.remove('gate-1'), undefined);
      known.replace([]);
      assert.deepEqual(known.entries(), []);
    });

    it('gives a server without a type the type "", so that the server is found by its id only', () => {
      const known = roster();
      known.add({ id: 'x', port: 5 });
      assert.deepEqual([known.get('x')?.port, known.get('x')?.serverType, told], [5, '', []]);
    });

    it('takes all entries of a list that have an id, as pomelo-rpc does, and leaves the others out', () => {
      const known = new Roster({
        takesAll: true,
        onUncallable: (one) => told.push(typeof one === 'string' ? one : `${one.id}: ${one.why}`),
      });
      told.length = 0;
      const wrong = [{ ...server('b'), port: 'x' }, null, { serverType: 'test', port: 1 }, { ...server('c'), host: 5 }];
      known.replace([server('a'), ...(wrong as ServerInfo[])]);
      assert.deepEqual(ids(known.all()), ['a']);
      assert.deepEqual(told, [
        'a server must be an object { id, serverType, host, port }, got null',
        'the id of a server is missing: give a non-empty string',
        'b: the port of server b must be an integer from 1 to 65535, got "x"',
        'c: the host of server c must be a non-empty string, got 5',
      ]);
    });
  });

  it('fills in the host, the port and the transport that a URL names', () => {
    const roster = new Roster();
    roster.add({ id: 'a', serverType: 'test', url: 'WS://[::1]:3333/', zone: 'eu' });
    assert.deepEqual(roster.get('a'), {
      ...{ id: 'a', serverType: 'test', url: 'ws://127.0.0.1:3333', zone: 'eu' },
      ...{ host: '127.0.0.1', port: 3333, transport: 'ws' },
    });
    assert.equal(roster.add({ id: 'a', serverType: 'test', url: 'ws://127.0.0.1:3333', zone: 'eu' }), undefined);
    assert.equal(roster.add(roster.get('a') as ServerInfo), undefined);
    roster.add({ id: 'b', serverType: 'test', url: 'unix:/run//chat/../b.sock' });
    assert.deepEqual(roster.get('b'), {
      id: 'b',
      serverType: 'test',
      url: 'unix:/run/b.sock',
      port: 0,
      transport: 'unix',
    });
    assert.equal(roster.add(roster.get('b') as ServerInfo), undefined);
  });

  it('leaves a URL of another scheme beside a port as it is', () => {
    const roster = new Roster();
    const entry = { ...server('a'), url: 'https://status.example.com/a' };
    roster.add(entry);
    assert.deepEqual(roster.get('a'), entry);
  });

  it('keeps fields of the user’s own', () => {
    const roster = new Roster();
    roster.add({ ...server('a'), zone: 'eu' });
    assert.equal(roster.get('a')?.['zone'], 'eu');
  });
});
