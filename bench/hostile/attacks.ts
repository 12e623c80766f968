import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { call, frame, RawPeer, registration } from './raw-peer.js';

export type Role = 'server' | 'ws' | 'client' | 'clients' | 'share' | 'cluster' | 'follower' | 'roster';

export interface Attack {
  readonly name: string;
  /** Where the hostile peer connects; for a client, which process connects to the hostile peer. */
  readonly role: Role;
  /** Limit of the target's file descriptors. @default as the shell has it */
  readonly descriptors?: number;
  /** Time for which the attack lasts. Unit: ms. @default 4_000 */
  readonly lastsMs?: number;
  /** Runs until `signal`, or ends by itself. For a client `port` is 0, and {@link Attack.answer} runs in its place. */
  readonly run?: (port: number, signal: AbortSignal, serverPort: number) => Promise<unknown>;
  /** Called with each connection of the client, once that has registered. */
  readonly answer?: (socket: Socket, signal: AbortSignal) => unknown;
}

const MANY = 50_000;
const CHANNELS: Record<'server' | 'share' | 'cluster', string> = {
  server: 'target',
  share: 'mailstation.share',
  cluster: 'registry',
};

/** Opens peers that are registered on the channel of the role. */
function peers(role: keyof typeof CHANNELS, port: number, count: number, features?: readonly string[]) {
  return Promise.all(Array.from({ length: count }, () => RawPeer.register(port, CHANNELS[role], features)));
}

function strangers(port: number, count: number): Promise<RawPeer[]> {
  return Promise.all(Array.from({ length: count }, () => RawPeer.connect(port)));
}

/** An attack of registered peers that each write many frames. */
export function floods(
  name: string,
  role: keyof typeof CHANNELS,
  make: (index: number) => Buffer,
  { count = MANY, connections = 2, reads = true } = {},
): Attack {
  const run = async (port: number, signal: AbortSignal): Promise<void> => {
    const all = await peers(role, port, connections, role === 'share' ? ['relay', 'cancel', 'results'] : undefined);
    await Promise.all(all.map((peer) => (reads ? peer.read() : peer.deaf()).flood(count, make, signal)));
  };
  return { name, role, run };
}

/** Each connection is sent `make` as fast as the client reads. */
function answers(name: string, make: (index: number) => Buffer, count = MANY): Attack {
  const answer = async (socket: Socket, signal: AbortSignal): Promise<void> => {
    for (let from = 0; from < count && !signal.aborted && socket.writable; from += 500) {
      socket.write(Buffer.concat(Array.from({ length: 500 }, (_, index) => make(from + index))));
      await delay(1);
    }
  };
  return { name, role: 'client', answer };
}

const invoke = (method: string, argLength: number, body: Buffer, id: number, oneway = false): Buffer =>
  frame({ head: { type: 'invoke', method, argLength, oneway }, body, id });

async function dripped(peer: RawPeer, bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (const byte of bytes) {
    if (signal.aborted || !peer.socket.writable) return;
    peer.socket.write(Buffer.of(byte));
    await delay(40);
  }
}

export const ATTACKS: readonly Attack[] = [
  floods('answers unread', 'server', (id) => call('u.m.big', id + 1), { count: 400, connections: 10, reads: false }),
  floods('answers at once, unread', 'server', (id) => call('u.m.together', id + 1), {
    count: 100,
    connections: 20,
    reads: false,
  }),
  floods('answers at once, read', 'server', (id) => call('u.m.together', id + 1), { count: 100, connections: 20 }),
  {
    name: 'half registrations',
    role: 'server',
    run: async (port) => {
      const half = frame({ head: { type: 'register_channel' }, claims: { body: 2 ** 21 } });
      for (const peer of await strangers(port, 150))
        peer.read().socket.write(Buffer.concat([half, Buffer.alloc(2 ** 20)]));
    },
  },
  {
    name: 'half requests',
    role: 'server',
    run: async (port) => {
      const half = invoke('u.m.echo', 1, Buffer.alloc(0), 2);
      half.writeUInt32BE(3.9 * 2 ** 20, 20);
      for (const peer of await peers('server', port, 60))
        peer.read().socket.write(Buffer.concat([half, Buffer.alloc(3.5 * 2 ** 20)]));
    },
  },
  floods('registrations repeated', 'server', () => registration('target')),
  floods('registrations elsewhere', 'server', (index) => registration(`other-${index}`)),
  floods('one-way to no method', 'server', (id) => call('u.m.none', id, { oneway: true })),
  floods('one-way undecodable', 'server', (id) => invoke('u.m.echo', 1, Buffer.from([0, 0, 0, 1, 0x7b]), id, true)),
  floods('one-way, timeout 0', 'server', (id) => call('u.m.forget', id, { oneway: true, timeout: 0 })),
  floods('one-way, timeout 2^32-1', 'server', (id) => call('u.m.forget', id, { oneway: true, timeout: 2 ** 32 - 1 })),
  floods('calls never answered', 'server', (id) => call('u.m.forget', id + 1, { timeout: 2 ** 31 })),
  floods('calls, timeout 0', 'server', (id) => call('u.m.forget', id + 1, { timeout: 0 })),
  {
    name: 'callers gone',
    role: 'server',
    run: async (port, signal) => {
      while (!signal.aborted) {
        const [peer] = await peers('server', port, 1);
        await peer?.read().flood(20_000, (id) => call('u.m.forget', id + 1), signal);
        peer?.destroy();
      }
    },
  },
  floods('cancels of nothing', 'server', (id) => frame({ head: { type: 'cancel' }, id })),
  floods('calls and cancels', 'server', (id) =>
    id % 2 === 0 ? call('u.m.forget', id + 1) : frame({ head: { type: 'cancel' }, id }),
  ),
  floods('one id for all', 'server', () => call('u.m.forget', 7)),
  floods('goaways and reports', 'server', (id) =>
    frame({ head: { type: ['goaway', 'progress', 'heartbeat', 'none'][id % 4] }, id }),
  ),
  floods('lists that lie', 'server', (id) => invoke('u.m.echo', 4_096, Buffer.from([0x7f, 255, 255, 255, 1]), id)),
  floods('nested arguments', 'server', (id) =>
    invoke(
      'u.m.echo',
      1,
      Buffer.concat([Buffer.from([0, 0, 0x07, 0xd0]), Buffer.alloc(1_000, '['), Buffer.alloc(1_000, ']')]),
      id,
    ),
  ),
  floods('heads that lie', 'server', (id) => frame({ head: Buffer.from('{"type":"invoke","argLength":1e9}'), id })),
  {
    name: 'lengths that lie',
    role: 'server',
    run: async (port, signal) => {
      while (!signal.aborted) {
        for (const peer of await strangers(port, 20)) {
          peer.read().socket.end(frame({ head: {}, claims: { head: 2 ** 32 - 1, body: 2 ** 32 - 1 } }));
        }
        await delay(5);
      }
    },
  },
  {
    name: 'dripped requests',
    role: 'server',
    run: async (port, signal) => {
      const open = [...(await strangers(port, 60)), ...(await peers('server', port, 60))];
      await Promise.all(open.map((peer) => dripped(peer.read(), registration('target'), signal)));
    },
  },
  floods('20 connections of slow calls', 'server', (id) => call('u.m.slow', id + 1, { timeout: 60_000 }), {
    count: 5_000,
    connections: 20,
  }),
  {
    name: 'descriptors run out',
    role: 'server',
    descriptors: 200,
    run: async (port, signal) => {
      while (!signal.aborted) {
        const open = await strangers(port, 300);
        await delay(200);
        for (const peer of open) peer.destroy();
      }
    },
  },
  answers('answers of nothing', (id) =>
    frame({ head: { type: 'invoke_result', success: true }, kind: 1, id: id + 100 }),
  ),
  answers('reports', (id) =>
    frame({ head: { type: 'progress' }, body: Buffer.from('[{"id":2,"heldMs":5,"isRunning":true,"stallMs":1}]'), id }),
  ),
  answers('goaways', (id) => frame({ head: { type: 'goaway' }, id: id + 1 })),
  answers('requests to a client', (id) => call('u.m.echo', id + 1)),
  answers(
    'half answers',
    () => frame({ head: { type: 'invoke_result', success: true, results: 1 }, kind: 1, id: 2, claims: { body: 4e6 } }),
    500,
  ),
  answers(
    'answers too long',
    () => frame({ head: {}, kind: 1, id: 2, claims: { head: 2 ** 32 - 1, body: 2 ** 32 - 1 } }),
    500,
  ),
  { name: 'hangs up', role: 'client', answer: (socket) => socket.destroy() },
  floods(
    'mailboxes to nowhere',
    'share',
    (to) =>
      frame({
        head: {
          type: 'open_mailbox',
          to: to % 6_000,
          server: { id: `s-${to % 6_000}`, host: '127.0.0.1', port: 1, transport: 'tcp' },
        },
        id: 0,
      }),
    { count: 12_000, connections: 4 },
  ),
  floods('relays to nothing', 'share', (id) =>
    frame({ head: { type: 'relay', to: 9, method: 'u.m.echo', argLength: 0, oneway: id % 2 === 0 }, id }),
  ),
  floods('mailboxes opened and closed', 'share', (id) =>
    frame({
      head:
        id % 2 === 0
          ? { type: 'open_mailbox', to: 1, server: { id: 's', host: '127.0.0.1', port: 1, transport: 'tcp' } }
          : { type: 'close_mailbox', to: 1 },
      id: 0,
    }),
  ),
  {
    name: 'relayed answers unread',
    role: 'share',
    run: async (port, signal, serverPort) => {
      const server = { id: 'big', host: '127.0.0.1', port: serverPort, transport: 'tcp' };
      const open = frame({ head: { type: 'open_mailbox', to: 1, server }, id: 0 });
      const relayed = (id: number): Buffer =>
        frame({ head: { type: 'relay', to: 1, method: 'u.m.big', argLength: 0, oneway: false }, id: id + 1 });
      for (const peer of await peers('share', port, 10, ['relay', 'cancel', 'results'])) {
        peer.socket.write(open);
        setTimeout(() => void peer.deaf().flood(400, relayed, signal), 500);
      }
    },
  },
  {
    name: 'relayed calls without answers',
    role: 'share',
    run: async (port, signal, serverPort) => {
      const server = { id: 'big', host: '127.0.0.1', port: serverPort, transport: 'tcp' };
      const open = frame({ head: { type: 'open_mailbox', to: 1, server }, id: 0 });
      const relayed = (id: number): Buffer =>
        frame({
          head: { type: 'relay', to: 1, method: 'u.m.forget', argLength: 0, oneway: false },
          id: id + 1,
          timeout: 2 ** 32 - 1,
        });
      for (const peer of await peers('share', port, 4, ['relay', 'cancel', 'results'])) {
        peer.socket.write(open);
        setTimeout(() => void peer.read().flood(60_000, relayed, signal), 500);
      }
    },
  },
  floods(
    'large values unread',
    'cluster',
    (id) => frame({ head: { type: 'subscribe', key: 'large', reg: { dataId: 'large' } }, id: id + 1 }),
    { count: 1, connections: 40, reads: false },
  ),
  floods(
    'large values, 4,000 keys',
    'cluster',
    (id) => frame({ head: { type: 'subscribe', key: `large-${id}`, reg: { dataId: 'large', id } }, id: id + 1 }),
    { count: 2_000, connections: 2, reads: false },
  ),
  floods('subscriptions', 'cluster', (id) =>
    frame({ head: { type: 'subscribe', key: `k-${id}`, reg: { id } }, id: id + 1 }),
  ),
  floods('subscribed and unsubscribed', 'cluster', (id) =>
    frame({ head: { type: id % 2 === 0 ? 'subscribe' : 'unSubscribe', key: 'k', reg: { id: 1 } }, id: id + 1 }),
  ),
  floods('answers of a shared client unread', 'cluster', (id) => call('big', id + 1), {
    count: 400,
    connections: 10,
    reads: false,
  }),
  {
    name: 'registrations on no channel',
    role: 'cluster',
    run: async (port, signal) => {
      const open = await strangers(port, 20);
      await Promise.all(open.map((peer) => peer.read().flood(5_000, (id) => registration(`none-${id}`), signal)));
    },
  },
];
