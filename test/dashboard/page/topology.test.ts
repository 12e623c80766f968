import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layoutOf } from '../../../dashboard/page/topology/layout.js';
import { MOST_CLIENTS, modelOf, related } from '../../../dashboard/page/topology/model.js';
import { fakeSnapshot } from './fake-state.js';

const FOLDED = { clients: false, servers: false };
const small = fakeSnapshot({ servers: 8, clients: 4, methods: 2 });
const large = fakeSnapshot({ servers: 200, clients: 60, methods: 2 });

describe('the picture of the topology', () => {
  it('has a row for each machine, client, type and server, and one for each state of the mailboxes to a type', () => {
    const { nodes } = modelOf(small, FOLDED);
    const numberIn = (column: number) => nodes.filter((node) => node.column === column).length;
    const { machines, clients, servers } = small.state;
    assert.deepEqual([0, 1, 3, 4].map(numberIn), [
      Object.keys(machines).length,
      Object.keys(clients).length,
      4,
      Object.keys(servers).length,
    ]);
    const mailboxes = nodes.filter(({ column }) => column === 2).map(({ id, label }) => `${id}: ${label}`);
    assert.ok(mailboxes.includes('mailbox chat ready: 1 ready'), mailboxes.join(', '));
  });

  it('puts many clients together by machine, and draws the servers of a large type as marks', () => {
    const { nodes } = modelOf(large, FOLDED);
    assert.ok(nodes.filter(({ column }) => column === 1).length <= MOST_CLIENTS);
    assert.ok(nodes.filter(({ column }) => column === 4).every(({ isSmall }) => isSmall));
    const unfolded = modelOf(large, { clients: true, servers: true });
    assert.equal(unfolded.nodes.filter(({ column }) => column === 1).length, 60);
    assert.ok(unfolded.nodes.every(({ isSmall }) => isSmall !== true));
  });

  it('marks a Leader, a standby and a process that shares its mailboxes by shape and word', () => {
    const { nodes } = modelOf(small, FOLDED);
    const meaningOf = (id: string) => nodes.find((node) => node.id === id)?.meaning;
    assert.deepEqual(meaningOf('server store-1'), { shape: 'hexagon', tone: 'good', word: 'leads, term 4' });
    assert.deepEqual(meaningOf('server store-1 host-5/9000'), { shape: 'hollow', tone: 'dim', word: 'standby' });
    assert.deepEqual(meaningOf('server chat-1'), { shape: 'disc', tone: 'good', word: 'serving' });
    assert.equal(meaningOf('client client-2')?.shape, 'twin');
    const shapes = [
      'server store-1',
      'server store-1 host-5/9000',
      'server chat-1',
      'server store-2',
      'client client-2',
    ];
    assert.equal(new Set(shapes.map((id) => meaningOf(id)?.shape)).size, shapes.length);
  });

  it('lights the way of the calls to a server, and no other', () => {
    const lit = related(small, FOLDED, 'server chat-1');
    const callers = Object.values(small.state.links).filter(({ server }) => server === 'chat-1');
    for (const { client } of callers) assert.ok(lit.has(`client ${client}`));
    assert.equal([...lit].filter((id) => id.startsWith('client ')).length, callers.length);
    assert.ok(lit.has('type chat') && lit.has('machine host-1'));
    assert.ok(!lit.has('server chat-2') && !lit.has('type gate'));
  });

  it('places nothing over something else, within its height and width', () => {
    for (const snapshot of [small, large]) {
      const { nodes, edges, height, columnWidth, lefts } = layoutOf(modelOf(snapshot, FOLDED), 1_100);
      assert.ok((lefts[4] ?? 0) + columnWidth <= 1_100);
      for (const [at, one] of nodes.entries()) {
        assert.ok(one.y >= 0 && one.y + one.height <= height, one.node.id);
        for (const other of nodes.slice(at + 1)) {
          const isApart =
            one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y ||
            other.y + other.height <= one.y;
          assert.ok(isApart, `${one.node.id} lies over ${other.node.id}`);
        }
      }
      assert.ok(edges.every(({ path }) => !path.includes('NaN')));
    }
  });
});
