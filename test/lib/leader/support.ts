import { withPort } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { ChannelAcceptor, type ChannelAcceptorOptions } from '../../../lib/leader/channel-acceptor.js';
import type { PortClaim } from '../../../lib/leader/port-claim.js';
import type { ConnectedPeer } from '../../../lib/server-info.js';
import type { Channel } from '../../../lib/serving/channel.js';
import type { IncomingCall } from '../../../lib/serving/incoming-call.js';
import type { Listener } from '../../../lib/transport/transport.js';
import { FakeStream, type Packet, request, response, tick } from '../transport/support.js';

export const STOPPING = new RpcError(RpcCode.Stopping, 'test-1 is stopping');
export const EXT = { version: 1, codecs: ['json'], features: ['results', 'meta', 'goaway'] };

/** A connection without a socket, from an address of its own. */
export class FakePeer extends FakeStream {
  override readonly peer: string;
  #seen = 0;

  constructor(peer: string) {
    super();
    this.peer = peer;
  }

  /** As a mailstation peer, or with `ext: null` as a stock one. */
  register(channelName: string, ext: object | null = EXT, id = 1, timeout = 3_000): void {
    this.receive(request(id, { type: 'register_channel', channelName, ...(ext && { ext }) }, undefined, timeout));
  }

  invoke(id: number): void {
    const head = { type: 'invoke', method: 'user.m.f', argLength: 0, oneway: false };
    this.receive(request(id, head));
  }

  acknowledge(goaway: Packet | undefined): void {
    this.receive(response(goaway?.id ?? 0, { type: 'goaway_res' }));
  }

  /** Packets that were written since the last time. */
  async answers(): Promise<Packet[]> {
    await tick();
    const fresh = this.packets.slice(this.#seen);
    this.#seen += fresh.length;
    return fresh;
  }
}

/** A channel that answers no call by itself. */
export function fakeChannel(
  name: string | undefined,
  more: Partial<Channel> = {},
): Channel & { calls: IncomingCall[] } {
  const calls: IncomingCall[] = [];
  return { name, calls, invoke: (call) => void calls.push(call), ...more };
}

/** An acceptor whose port is the test: `connect` is a peer that connects. */
export function fakePort(options: Partial<ChannelAcceptorOptions> = {}) {
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const events: string[] = [];
  const claims: PortClaim[] = [];
  let closes = 0;
  let claim = async (given: PortClaim): Promise<Listener> => ({
    endpoint: withPort(given.endpoint, 7777),
    close: async () => {
      closes += 1;
    },
  });
  const acceptor = new ChannelAcceptor(
    {
      doors: [{ endpoint: { transport: 'tcp', host: '127.0.0.1', port: 0 }, allowedOrigins: [] }],
      insecure: false,
      maxConnections: 100,
      maxUnregistered: 100,
      handshakeTimeout: 1_000,
      admits: undefined,
      maxFrameBytes: 10_000,
      maxQueuedBytes: 20_000,
      maxUnreadBytes: 1_000_000,
      maxPartialBytes: 1_000_000,
      flushInterval: 0,
      heartbeatInterval: 60_000,
      exposeStack: false,
      callerShare: 1,
      maxAbandoned: 100,
      abandonedTimeout: 1_000,
      maxConcurrent: 100,
      maxQueued: 100,
      maxCallsPerConnection: 100,
      maxEventLoopLag: 0,
      logger: { info: write, warn: write, error: write },
      onSession: ({ id, ip, peer }: ConnectedPeer) => void events.push(`open ${id} ${ip} ${peer}`),
      onSessionClosed: ({ id }: ConnectedPeer, { code }: RpcError) => void events.push(`closed ${id} ${code}`),
      onError: (error: Error) => void events.push(`error ${error.message}`),
      ...options,
    },
    (given) => {
      claims.push(given);
      return claim(given);
    },
  );
  let peers = 0;
  return {
    acceptor,
    log,
    events,
    claims,
    get closes() {
      return closes;
    },
    /** Sets what the system answers when it is asked for the port. */
    claimBy(next: typeof claim): void {
      claim = next;
    },
    connect(peer = `127.0.0.1:${1_000 + peers}`): FakePeer {
      peers += 1;
      const stream = new FakePeer(peer);
      claims.at(-1)?.onStream(stream);
      return stream;
    },
  };
}
