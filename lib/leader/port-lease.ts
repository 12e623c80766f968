import { RpcCode, RpcError } from '../errors.js';
import type { Channel } from '../serving/channel.js';
import { ChannelAcceptor, type ChannelAcceptorOptions } from './channel-acceptor.js';

/**
 * The ports that this process holds for its shared clients, under the one symbol that mailstation puts on the global
 * object: several copies of the package in a process share them, or they would keep each other out of a port that
 * belongs to all of them. The number is that of the interface below, not of the package.
 */
const PORTS = Symbol.for('mailstation.sharedPorts.1');

/** What one copy of the package may ask of a port that another one has opened. */
interface SharedPort {
  /** Undefined where the name is led already, or the port is being let go of. */
  take(name: string): PortLease | undefined;
  /** Resolves when the one that has the name lets go of it; undefined where nobody has it. */
  released(name: string): Promise<void> | undefined;
}

/** The right to lead one channel on a port of this process. */
export interface PortLease {
  /** Followers that wait for the channel are taken in. */
  lead(channel: Channel): void;
  /**
   * They are let go: told to send nothing more, answered what they have sent, and then disconnected. Those that come back
   * wait. Resolves when all have gone: after `timeoutMs` at the latest.
   */
  withdraw(reason: RpcError, timeoutMs: number): Promise<void>;
  /**
   * Somebody else may lead the channel now. The port is let go of when nothing is led on it; resolves when it is free.
   * Again: the same promise.
   */
  release(reason: RpcError): Promise<void>;
}

type Ports = Map<number, Promise<SharedPort>>;

/**
 * Takes the right to lead a channel on a port. Rejects with {@link RpcCode.AddressInUse} where another process has the
 * port, or this one leads the channel on it already, and otherwise as {@link ChannelAcceptor.listen} does. The options are those
 * of whoever opens the port. Blocks only while the system is asked for the port.
 */
export async function takeSeat(name: string, options: ChannelAcceptorOptions): Promise<PortLease> {
  const ports = portsOfThisProcess();
  const { port } = options.endpoint;
  for (;;) {
    const known = ports.get(port);
    const opening = known ?? open(options, ports);
    if (known === undefined) ports.set(port, opening);
    try {
      const seat = (await opening).take(name);
      if (seat !== undefined) return seat;
    } catch (error) {
      if (ports.get(port) === opening) ports.delete(port);
      if (known === undefined) throw error;
      continue; // whoever was first has been told why
    }
    const why = `process ${process.pid}, this one, leads ${JSON.stringify(name)} on port ${port} already`;
    throw new RpcError(RpcCode.AddressInUse, why);
  }
}

/**
 * Whether this process has the port; `released` then resolves when the one that leads the channel on it, or is about to,
 * lets go of that, and is undefined where none does.
 */
export async function seatHere(
  name: string,
  port: number,
): Promise<{ readonly released: Promise<void> | undefined } | undefined> {
  const opened = await portsOfThisProcess()
    .get(port)
    ?.catch(() => undefined);
  return opened && { released: opened.released(name) };
}

function portsOfThisProcess(): Ports {
  const holder = globalThis as { [PORTS]?: Ports };
  holder[PORTS] ??= new Map();
  return holder[PORTS];
}

async function open(options: ChannelAcceptorOptions, ports: Ports): Promise<SharedPort> {
  const host = new ChannelAcceptor(options);
  await host.listen();
  const names = new Map<string, Promise<void>>();
  let isClosing = false;
  return {
    released: (name) => names.get(name),
    take(name) {
      if (isClosing || names.has(name)) return undefined;
      let onReleased = (): void => {};
      names.set(
        name,
        new Promise((resolve) => {
          onReleased = resolve;
        }),
      );
      let led: Channel | undefined;
      let released: Promise<void> | undefined;
      const release = async (reason: RpcError): Promise<void> => {
        if (led !== undefined) void host.drainChannel(led, reason, 0);
        names.delete(name);
        onReleased();
        if (names.size > 0) return;
        isClosing = true;
        await host.drain(reason, 0);
        ports.delete(options.endpoint.port);
      };
      return {
        lead(channel) {
          led = channel;
          host.lead(channel);
        },
        async withdraw(reason, timeoutMs) {
          if (led !== undefined) await host.drainChannel(led, reason, timeoutMs);
          led = undefined;
        },
        release(reason) {
          released ??= release(reason);
          return released;
        },
      };
    },
  };
}
