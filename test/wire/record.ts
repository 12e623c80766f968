/**
 * Records what a real cluster-client Leader and Follower say to each other, and writes it to recorded.json:
 *
 *     node --import tsx test/wire/record.ts
 *
 * The two run in this process; between them stands a proxy that passes every byte on as it is, and keeps it. Request
 * ids are whatever they came out as, and differ with the order in which Leader and Follower took them.
 */
import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../bench/free-port.js';

/** What is used of cluster-client, which has no types. */
interface ClusterClient {
  (clientClass: unknown, options: Record<string, unknown>): ClientGenerator;
  close(client: RecordedClient): Promise<void>;
}
interface ClientGenerator {
  delegate(from: string, to: string): ClientGenerator;
  create(): RecordedClient;
}
interface RecordedClient {
  ready(): Promise<void>;
  on(event: 'error', listener: () => void): void;
  subscribe(reg: object, listener: (value: unknown) => void): void;
  unSubscribe(reg: object, listener: (value: unknown) => void): void;
  publish(reg: object): void;
  echo(...args: unknown[]): Promise<unknown>;
  nothing(): Promise<unknown>;
  fail(): Promise<never>;
  notify(...args: unknown[]): void;
}

const require = createRequire(import.meta.url);
const cluster = require('cluster-client') as ClusterClient;
const { version } = require('cluster-client/package.json') as { version: string };

const HEADER_BYTES = 24;
const HEARTBEAT_MS = 2_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** One packet of the recording. */
interface RecordedFrame {
  /** What the Follower was made to do when this packet passed. */
  step: string;
  from: 'follower' | 'leader';
  /** The conn object as text, for those who read the recording. */
  head: string;
  hex: string;
}

const frames: RecordedFrame[] = [];
let step = 'register';

/** The real client, as the Leader has it. */
class RealClient extends EventEmitter {
  #listener: ((value: unknown) => void) | undefined;

  subscribe(_reg: object, listener: (value: unknown) => void): void {
    this.#listener = listener;
    setImmediate(listener, { version: 1, hosts: ['10.0.0.1:8080', '10.0.0.2:8080'] });
  }
  unSubscribe(): void {
    this.#listener = undefined;
  }
  publish(reg: unknown): void {
    this.#listener?.(reg);
  }
  async echo(...args: unknown[]): Promise<unknown> {
    return args[0];
  }
  async nothing(): Promise<void> {}
  async fail(): Promise<never> {
    const error = Object.assign(new RangeError('no room for 11|12'), { code: 'E_NO_ROOM' });
    error.stack = 'RangeError: no room for 11|12\n    at seats.js:7:9'; // and not the paths of this machine
    throw error;
  }
  notify(): void {}
}

/** Splits one direction into packets, by the two lengths in each header and nothing else. */
function recorder(from: RecordedFrame['from']): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= HEADER_BYTES) {
      const headBytes = held.readInt32BE(16);
      const bytes = HEADER_BYTES + headBytes + held.readInt32BE(20);
      if (held.length < bytes) return;
      const head = held.toString('utf8', HEADER_BYTES, HEADER_BYTES + headBytes);
      frames.push({ step, from, head, hex: held.toString('hex', 0, bytes) });
      held = held.subarray(bytes);
    }
  };
}

function record(follower: Socket, leaderPort: number): void {
  const leader = connect(leaderPort, '127.0.0.1');
  const fromFollower = recorder('follower');
  const fromLeader = recorder('leader');
  follower.on('data', (chunk) => {
    fromFollower(chunk);
    leader.write(chunk);
  });
  leader.on('data', (chunk) => {
    fromLeader(chunk);
    follower.write(chunk);
  });
  for (const [one, other] of [
    [follower, leader],
    [leader, follower],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function until(head: string): Promise<void> {
  while (!frames.some((frame) => frame.step === step && frame.head.includes(head))) await sleep(5);
}

function create(options: Record<string, unknown>): RecordedClient {
  const common = { name: 'RecordedClient', heartbeatInterval: HEARTBEAT_MS, logger: silent };
  const client = cluster(RealClient, { ...common, ...options })
    .delegate('notify', 'invokeOneway')
    .create();
  client.on('error', () => {}); // the Leader reports the call that fails, as it is meant to
  return client;
}

const leaderPort = await freePort();
const leader = create({ port: leaderPort, isLeader: true });
await leader.ready();
const proxy = createServer((socket) => record(socket, leaderPort));
const follower = create({ port: await listen(proxy), isLeader: false });
await follower.ready();

step = 'subscribe';
const reg = { dataId: 'com.example.Hosts', group: 'größer' };
const listener = (): void => {};
follower.subscribe(reg, listener);
await until('subscribe_result_res');

step = 'invoke with arguments of many kinds';
await follower.echo('a b+c|d^e%f', -12.5, Buffer.from([0, 1, 254, 255]), new Date(1_700_000_000_123), undefined, {
  list: [1, '', null, true, { deep: 'ö' }],
  none: undefined,
});

step = 'invoke that answers with an object';
await follower.echo({ id: 7, tags: ['x', 'y'], at: new Date(0), raw: Buffer.from('raw') });

step = 'invoke without arguments or result';
await follower.nothing();

step = 'invoke that fails';
await follower.fail().catch(() => {});

step = 'oneway';
follower.notify('seen', 3);
await until('notify');

step = 'publish';
follower.publish({ version: 2, hosts: [] });
await until('subscribe_result_res');

step = 'unSubscribe';
follower.unSubscribe(reg, listener);
await until('unSubscribe');

step = 'heartbeat';
await until('heartbeat_res');

await cluster.close(follower);
await cluster.close(leader);
proxy.close();

writeFileSync(
  new URL('./recorded.json', import.meta.url),
  `${JSON.stringify({ recordedFrom: `cluster-client ${version}`, frames }, null, 2)}\n`,
);
console.log(`${frames.length} packets of cluster-client ${version} recorded`);
