import { type Endpoint, placeName } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import { jsonText } from '../json-text.js';
import { invalid } from '../options.js';
import type { Channel } from '../serving/channel.js';
import { ChannelAcceptor, type ChannelAcceptorOptions } from './channel-acceptor.js';

/**
 * Ports that this process holds for its shared clients, under the one symbol that mailstation puts on the global object.
 * Several copies of the package in a process share them: otherwise one copy would lock the others out of the port. Copies may
 * differ in version, so the names in {@link SharedPort} and {@link PortLease} do not change. The number in the symbol is the
 * version of these two interfaces.
 */
const PORTS = Symbol.for('mailstation.sharedPorts.1');

/** A port, as the copy of the package that has opened it shows it to the other copies. */
interface SharedPort {
  /** Identifies the secrets of the port; undefined for none. Missing where a copy of version 0.1.0 has opened the port. */
  readonly secrets?: () => string | undefined;
  /** Leases a channel name. Undefined where the name is leased already, or the port is about to be freed. */
  take(name: string): PortLease | undefined;
  /** Resolves when the lease of the name is released; undefined where the name is not leased. */
  released(name: string): Promise<void> | undefined;
}

/** The right to lead one channel on a port of this process. */
export interface PortLease {
  /**
   * Reports that the channel will be led. `lastError` is read when a Follower is refused after a long wait. Missing where
   * another copy of the package, of version 0.1.0, has opened the port.
   */
  starting?(lastError: () => Error | undefined): void;
  /** Accepts the Followers that wait for the channel, and serves them. */
  lead(channel: Channel): void;
  /**
   * Drains the channel's Followers: sends goaways, answers the calls that were sent, and disconnects. Followers that come
   * back wait. Resolves when all have gone: after `timeoutMs` at the latest.
   */
  withdraw(reason: RpcError, timeoutMs: number): Promise<void>;
  /**
   * Gives the right up: another lease of the name can be taken. The last release frees the port. Resolves when that is done.
   * A second call returns the same promise.
   */
  release(reason: RpcError): Promise<void>;
}

/** By port or, for a unix socket, by path. Copies of version 0.1.0 look up numbers only. */
type Ports = Map<number | string, Promise<SharedPort>>;

/** The place of a port in {@link Ports}. */
function portKey(endpoint: Endpoint): number | string {
  return endpoint.transport === 'unix' ? endpoint.path : endpoint.port;
}

/**
 * Takes the right to lead a channel on a port. Rejects with {@link RpcCode.AddressInUse} where another process has the
 * port, or this process leads the channel on it already, and otherwise as {@link ChannelAcceptor.listen} does. The options
 * of the first lease hold for the port. Blocks only while the system is asked for the port.
 */
export async function takePortLease(name: string, options: ChannelAcceptorOptions): Promise<PortLease> {
  const ports = portsOfThisProcess();
  const { endpoint } = options.doors[0];
  const port = portKey(endpoint);
  for (;;) {
    const known = ports.get(port);
    const opening = known ?? openPort(options, ports);
    if (known === undefined) ports.set(port, opening);
    let shared: SharedPort;
    try {
      shared = await opening;
    } catch (error) {
      if (ports.get(port) === opening) ports.delete(port);
      if (known === undefined) throw error;
      continue; // the caller that opened the port got this error
    }
    requireSameSecrets(shared, options);
    const lease = shared.take(name);
    if (lease !== undefined) return lease;
    const why = `this process (${process.pid}) leads ${jsonText(name)} on ${placeName(endpoint)} already`;
    throw new RpcError(RpcCode.AddressInUse, why);
  }
}

/**
 * The first client of a port makes its rules. Another client of the process may have the same ones only: it would be open to
 * processes that it means to keep out, or closed to its own.
 */
function requireSameSecrets(shared: SharedPort, { entrance, doors }: ChannelAcceptorOptions): void {
  if (shared.secrets?.() === entrance?.secrets?.digest) return;
  throw invalid(
    `secret differs from that of another shared client on ${placeName(doors[0].endpoint)} of this process: give all clients of one port the same secret, or this client a port of its own`,
  );
}

/** A port that this process holds. */
export interface PortHere {
  /** Resolves when the lease of the channel is released; undefined where the channel is not leased. */
  readonly released: Promise<void> | undefined;
}

/** The port, if this process holds it. */
export async function findPortHere(name: string, endpoint: Endpoint): Promise<PortHere | undefined> {
  const opened = await portsOfThisProcess()
    .get(portKey(endpoint))
    ?.catch(() => undefined);
  return opened && { released: opened.released(name) };
}

function portsOfThisProcess(): Ports {
  const holder = globalThis as { [PORTS]?: Ports };
  holder[PORTS] ??= new Map();
  return holder[PORTS];
}

async function openPort(options: ChannelAcceptorOptions, ports: Ports): Promise<SharedPort> {
  const acceptor = new ChannelAcceptor(options);
  await acceptor.listen();
  const leased = new Map<string, Promise<void>>();
  let isClosing = false;
  return {
    secrets: () => options.entrance?.secrets?.digest,
    released: (name) => leased.get(name),
    take(name) {
      if (isClosing || leased.has(name)) return undefined;
      let onReleased = (): void => {};
      leased.set(
        name,
        new Promise((resolve) => {
          onReleased = resolve;
        }),
      );
      return makeLease(name, acceptor, async (reason) => {
        leased.delete(name);
        onReleased();
        if (leased.size > 0) return;
        isClosing = true;
        await acceptor.drain(reason, 0);
        ports.delete(portKey(options.doors[0].endpoint));
      });
    },
  };
}

/** The right to lead the channel at the acceptor. `onRelease` is called once, when the right is given up. */
export function makeLease(
  name: string,
  acceptor: ChannelAcceptor,
  onRelease: (reason: RpcError) => Promise<void>,
): PortLease {
  let led: Channel | undefined;
  let released: Promise<void> | undefined;
  return {
    starting: (lastError) => acceptor.starting(name, lastError),
    lead(channel) {
      led = channel;
      acceptor.lead(channel);
    },
    async withdraw(reason, timeoutMs) {
      const withdrawn = led;
      led = undefined; // another channel may be led while the Followers of this one leave
      if (withdrawn !== undefined) await acceptor.drainChannel(withdrawn, reason, timeoutMs);
    },
    release(reason) {
      if (released !== undefined) return released;
      acceptor.starting(name, undefined);
      if (led !== undefined) void acceptor.drainChannel(led, reason, 0);
      released = onRelease(reason);
      return released;
    },
  };
}
