import { setTimeout as delay } from 'node:timers/promises';
import { type Attack, floods } from './attacks.js';
import { call, frame, RawPeer } from './raw-peer.js';
import { DEEP, NAMES, REPEATED, WIDE } from './server-attacks.js';

/** Bytes that a slow reader takes in a second: enough to be alive. */
const SLOW_BYTES = 1_024;

function echo(json: Buffer, meta = false): (id: number) => Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  const one = Buffer.concat([length, json]);
  const head = { type: 'invoke', method: 'u.m.echo', argLength: meta ? 2 : 1, oneway: true, ...(meta && { meta: 1 }) };
  const body = meta ? Buffer.concat([one, Buffer.from([0, 0, 0, 1, 0x31])]) : one;
  return (id) => frame({ head, body, id: id + 1 });
}

/** Values that are legal, and cost more than their bytes. */
export const JSON_ATTACKS: readonly Attack[] = [
  floods('wide JSON', 'server', echo(WIDE), { count: 200 }),
  floods('deep JSON', 'server', echo(DEEP)),
  floods('JSON with repeated keys', 'server', echo(REPEATED), { count: 200 }),
  floods('JSON of 100,000 keys', 'server', echo(NAMES), { count: 200 }),
  floods('large meta', 'server', echo(NAMES, true), { count: 200 }),
];

/** Peers that read what they get, and take a long time for it. */
function readsSlowly(name: string, role: 'server' | 'share', make: (id: number) => Buffer, count = 5_000): Attack {
  const run = async (port: number, signal: AbortSignal, serverPort: number): Promise<void> => {
    const channel = role === 'server' ? 'target' : 'mailstation.share';
    const server = { id: 'big', host: '127.0.0.1', port: serverPort, transport: 'tcp' };
    const all = await Promise.all(
      Array.from({ length: 20 }, () => RawPeer.register(port, channel, ['relay', 'cancel', 'results', 'goaway'])),
    );
    await Promise.all(
      all.map(async (peer) => {
        if (role === 'share') peer.socket.write(frame({ head: { type: 'open_mailbox', to: 1, server }, id: 0 }));
        peer.deaf();
        void peer.flood(count, make, signal);
        while (!signal.aborted && !peer.socket.destroyed) {
          peer.socket.read(SLOW_BYTES);
          await delay(1_000);
        }
      }),
    );
  };
  return { name, role, run };
}

export const SLOW_READERS: readonly Attack[] = [
  readsSlowly('answers read slowly', 'server', (id) => call('u.m.big', id + 1)),
  readsSlowly(
    'heartbeats answered, read slowly',
    'server',
    (id) => frame({ head: { type: 'heartbeat' }, id }),
    400_000,
  ),
  readsSlowly('relays read slowly', 'share', (id) =>
    frame({ head: { type: 'relay', to: 1, method: 'u.m.big', argLength: 0, oneway: false }, id: id + 1 }),
  ),
];
