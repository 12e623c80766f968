import { freePort } from '../free-port.js';
import { loadPackage } from '../load-package.js';
import { setNoDelayEverywhere } from '../no-delay.js';
import type { Peer } from '../peer.js';
import { callStation, type Done, type Invoke, type Station } from '../pomelo-call.js';

/**
 * pomelo-rpc over its plain TCP transport, which is faster than MQTT, its default. `bufferMsg` is off: it would hold each call for up to
 * 50 ms. The TCP mailbox fails without a tracer: it gets one that is switched off, as the acceptor makes itself.
 * The client expects the results of an answer as one list, as the MQTT mailbox gives it. Calls take `rpcInvoke`, the client's shortest way. Nagle's algorithm is switched off from outside.
 */

interface Gateway {
  start(): void;
  stop(): void;
}
interface Pomelo {
  readonly default: { readonly client: { create(options: object): Station } };
}
type Sent = (tracer: object, error: Error | null, ...results: unknown[]) => void;
interface Mailbox {
  connect(tracer: object, done: Done): void;
  send(tracer: object, message: object, options: object, done: Sent): void;
}
interface Made<Result> {
  readonly default: { create(...options: unknown[]): Result };
}

const echo = (value: unknown, done: (error: null, value: unknown) => void): void => done(null, value);

export const peer: Peer = {
  async serve() {
    setNoDelayEverywhere();
    const gateway = await loadPackage<Made<Gateway>>('pomelo-rpc/lib/rpc-server/gateway.js');
    const acceptor = await loadPackage<Made<object>>('pomelo-rpc/lib/rpc-server/acceptors/tcp-acceptor.js');
    const port = await freePort();
    const services = { user: { echo: { echo } } };
    const server = gateway.default.create({ port, services, acceptorFactory: acceptor.default });
    server.start();
    return { port, close: async () => server.stop() };
  },

  async connect(port) {
    setNoDelayEverywhere();
    const { client } = (await loadPackage<Pomelo>('pomelo-rpc')).default;
    const mailbox = await loadPackage<Made<Mailbox>>('pomelo-rpc/lib/rpc-client/mailboxes/tcp-mailbox.js');
    const Tracer = (await loadPackage<{ default: new () => object }>('pomelo-rpc/lib/util/tracer.js')).default;
    const off = new Tracer();
    const create = (...options: unknown[]): Mailbox => {
      const made = mailbox.default.create(...options);
      const { connect, send } = made;
      made.connect = (_tracer, done) => connect.call(made, off, done);
      made.send = (_tracer, message, options, done) =>
        send.call(made, off, message, options, (tracer, error, ...results) => done(tracer, error, results));
      return made;
    };
    const station = client.create({ mailboxFactory: { create } });
    const invoke: Invoke = (id, call, done) => station.rpcInvoke(id, call, done);
    return callStation(station, invoke, port);
  },
};
