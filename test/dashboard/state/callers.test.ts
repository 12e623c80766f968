import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientReport } from '../../../client/client-report.js';
import { callersOf, type EmbeddedClient, embeddedKeys, OWN_PROCESS } from '../../../dashboard/state/callers.js';
import type { ObservedServer } from '../../../dashboard/watch.js';
import { observed } from './observed.js';

const [machine = '', pid = ''] = OWN_PROCESS.split('/');
const OWN = { machine, pid: Number(pid), version: '1' };

function embedded(names: readonly (string | null)[], more: Partial<ClientReport> = {}): EmbeddedClient[] {
  const server = { id: 'a-1', serverType: 'a', url: 'tcp://127.0.0.1:1', mailbox: 'ready', open: 1 } as const;
  const rest = { format: 1, state: 'started', sharing: null, open: 0, sources: [], ...more } as const;
  return embeddedKeys(names).map((key, at) => ({
    key,
    report: { ...rest, clientId: names[at] ?? null, servers: [{ ...server, latency: null, ejected: false }] },
    reasons: new Map(),
  }));
}

function callersWith(servers: readonly ObservedServer[], clients: readonly EmbeddedClient[]) {
  const { clients: found, links, byConnection } = callersOf(servers, clients, {}, undefined, () => 0);
  const halves = [...links.values()].map(({ client, calls, mailbox }) => [client, calls, mailbox]);
  return { kinds: [...found.values()].map(({ key, name, kind }) => [key, name, kind]), halves, byConnection };
}

describe('the callers of a dashboard', () => {
  it('have the name of an embedded client before any server has reported the connection', () => {
    const { kinds, halves } = callersWith([], embedded(['gate-1']));
    assert.deepEqual(kinds, [[`${OWN_PROCESS} gate-1`, 'gate-1', 'embedded']]);
    assert.deepEqual(halves, [[`${OWN_PROCESS} gate-1`, null, 'ready']]);
  });

  it('have no rate where they are a dashboard, whose calls are its questions', () => {
    const connections = (calls: number) => [
      { clientId: 'mailstation-dashboard', calls },
      { clientId: 'gate-1', calls },
    ];
    const before = callersOf([observed({ connections: connections(10) })], [], {}, undefined, () => 0);
    const links = Object.fromEntries(before.links);
    const now = callersOf([observed({ connections: connections(34) })], [], links, 2, () => 0);
    assert.deepEqual(
      [...now.links.values()].map(({ client, calls, rate }) => [client, calls, rate]),
      [
        ['m/9 mailstation-dashboard', 34, null],
        ['m/9 gate-1', 34, 12],
      ],
    );
  });

  it('are both halves joined by the name, also with several embedded clients beside a further one', () => {
    const names = ['gate-1', 'gate-2', null];
    const connections = [...names, 'other'].map((clientId, at) => ({ clientId, process: OWN, calls: at + 1 }));
    const { kinds, halves, byConnection } = callersWith([observed({ connections })], embedded(names));
    assert.deepEqual(kinds, [
      [`${OWN_PROCESS} gate-1`, 'gate-1', 'embedded'],
      [`${OWN_PROCESS} gate-2`, 'gate-2', 'embedded'],
      [OWN_PROCESS, null, 'embedded'],
      [`${OWN_PROCESS} other`, 'other', 'client'],
    ]);
    assert.deepEqual(halves, [
      [`${OWN_PROCESS} gate-1`, 1, 'ready'],
      [`${OWN_PROCESS} gate-2`, 2, 'ready'],
      [OWN_PROCESS, 3, 'ready'],
      [`${OWN_PROCESS} other`, 4, null],
    ]);
    assert.equal(byConnection.get('a-1 2'), `${OWN_PROCESS} gate-2`);
  });

  it('are not mixed up with a client of the same name in another process', () => {
    const connections = [{ clientId: 'gate-1', calls: 5 }];
    const { kinds, halves } = callersWith([observed({ connections })], embedded(['gate-1']));
    assert.deepEqual(kinds, [
      ['m/9 gate-1', 'gate-1', 'client'],
      [`${OWN_PROCESS} gate-1`, 'gate-1', 'embedded'],
    ]);
    assert.deepEqual(halves, [
      ['m/9 gate-1', 5, null],
      [`${OWN_PROCESS} gate-1`, null, 'ready'],
    ]);
  });

  it('keep embedded clients of one name apart, with the half of the servers beside them', () => {
    const connections = [{ clientId: 'gate', process: OWN, calls: 5 }];
    const { kinds, halves } = callersWith([observed({ connections })], embedded(['gate', 'gate']));
    assert.deepEqual(kinds, [
      [`${OWN_PROCESS} gate`, 'gate', 'client'],
      [`${OWN_PROCESS} gate (1)`, 'gate', 'embedded'],
      [`${OWN_PROCESS} gate (2)`, 'gate', 'embedded'],
    ]);
    assert.deepEqual(
      halves.map(([, calls, mailbox]) => [calls, mailbox]),
      [
        [5, null],
        [null, 'ready'],
        [null, 'ready'],
      ],
    );
  });

  it('join the connections without a name with the client that leads the shared mailboxes', () => {
    const connections = [{ clientId: null, process: OWN, calls: 5 }];
    const { kinds, halves } = callersWith([observed({ connections })], embedded(['gate-1'], { sharing: 'leading' }));
    assert.deepEqual(kinds, [[`${OWN_PROCESS} gate-1`, 'gate-1', 'embedded']]);
    assert.deepEqual(halves, [[`${OWN_PROCESS} gate-1`, 5, 'ready']]);
    const following = callersWith([observed({ connections })], embedded(['gate-1'], { sharing: 'following' }));
    assert.equal(following.kinds.length, 2);
  });
});
