import { setTimeout as delay } from 'node:timers/promises';
import type { Attack } from './attacks.js';
import { call } from './raw-peer.js';
import { CLOSE, fragment, message, PING, webSocketPeer } from './websocket-peer.js';

interface Flood {
  readonly count?: number;
  readonly connections?: number;
  readonly reads?: boolean;
}

function floods(name: string, make: (index: number) => Buffer, options: Flood = {}): Attack {
  const { count = 50_000, connections = 2, reads = true } = options;
  const run = async (port: number, signal: AbortSignal): Promise<void> => {
    const all = await Promise.all(Array.from({ length: connections }, () => webSocketPeer(port, 'target')));
    await Promise.all(all.map((peer) => (reads ? peer.read() : peer.deaf()).flood(count, make, signal)));
  };
  return { name, role: 'ws', run };
}

const NOTHING = Buffer.alloc(0);

async function closesAndNeverEnds(port: number, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const peer = await webSocketPeer(port, 'target');
    peer.deaf().socket.write(message(Buffer.of(3, 232), { opcode: CLOSE }));
    if (i > 500) await delay(20);
  }
}

export const WEBSOCKET_ATTACKS: readonly Attack[] = [
  floods('pings', () => message(Buffer.alloc(125), { opcode: PING })),
  floods('pings, answers unread', () => message(Buffer.alloc(125), { opcode: PING }), { reads: false, count: 400_000 }),
  floods('fragments of a byte', (index) => fragment(index, Buffer.of(1)), { connections: 4 }),
  floods('fragments of nothing', (index) => fragment(index, NOTHING), { count: 400_000 }),
  floods('messages of a byte', (index) => message(call('u.m.echo', 1).subarray(index % 90, (index % 90) + 1)), {
    count: 100_000,
  }),
  floods('messages of nothing', () => message(NOTHING), { count: 400_000 }),
  floods('calls in many messages', (id) => message(call('u.m.forget', id + 1))),
  floods('large answers unread', (id) => message(call('u.m.big', id + 1)), {
    count: 400,
    connections: 10,
    reads: false,
  }),
  {
    name: 'compressed without agreement',
    role: 'ws',
    run: async (port, signal) => {
      while (!signal.aborted) {
        const peer = await webSocketPeer(port, 'target');
        peer.read().socket.write(message(Buffer.alloc(100), { isCompressed: true }));
        await delay(2);
      }
    },
  },
  {
    name: 'closed and never ended',
    role: 'ws',
    run: closesAndNeverEnds,
  },
  {
    name: 'closed and never ended, 40 s',
    role: 'ws',
    lastsMs: 40_000,
    run: closesAndNeverEnds,
  },
  {
    name: 'half handshakes',
    role: 'ws',
    run: async (port, signal) => {
      const { RawPeer } = await import('./raw-peer.js');
      const open = await Promise.all(Array.from({ length: 300 }, () => RawPeer.connect(port)));
      for (let i = 0; i < 100 && !signal.aborted; i++) {
        for (const peer of open)
          peer.read().socket.write(i === 0 ? 'GET / HTTP/1.1\r\n' : `X-${i}: ${'y'.repeat(60)}\r\n`);
        await delay(30);
      }
    },
  },
];
