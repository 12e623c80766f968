import { loadPackage } from '../load-package.js';
import { NatsServer } from '../nats-server.js';
import type { Peer } from '../peer.js';

/**
 * Request and reply of nats.js through a nats-server, whose CPU time counts: each call passes it twice. All requests of a client have one inbox, the
 * default, without stack traces of their callers. The cheapest codec for each value: JSON for an object, UTF-8 for a text, nothing for bytes; the
 * responder decodes and encodes as a program would. The client sets `TCP_NODELAY`.
 */

type Data = string | Uint8Array;
interface Msg {
  readonly data: Uint8Array;
  json(): unknown;
  string(): string;
  respond(data: Data): boolean;
}
interface Connection {
  subscribe(subject: string, options: { callback: (error: Error | null, message: Msg) => void }): void;
  request(subject: string, data: Data, options: { timeout: number }): Promise<Msg>;
  flush(): Promise<void>;
  close(): Promise<void>;
}
interface Nats {
  connect(options: { servers: string; noAsyncTraces: boolean }): Promise<Connection>;
}

const OPTIONS = { timeout: 30_000 };

async function connectTo(port: number): Promise<Connection> {
  const { connect } = await loadPackage<Nats>('@nats-io/transport-node');
  return connect({ servers: `127.0.0.1:${port}`, noAsyncTraces: true });
}

export const peer: Peer = {
  async serve() {
    const server = await NatsServer.start();
    const connection = await connectTo(server.port);
    const answer = (subject: string, echo: (message: Msg) => Data): void => {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) throw error;
          message.respond(echo(message));
        },
      });
    };
    answer('object', (message) => JSON.stringify(message.json()));
    answer('text', (message) => message.string());
    answer('bytes', (message) => message.data);
    await connection.flush(); // the server has the subscriptions
    const close = async (): Promise<void> => {
      await connection.close();
      server.stop();
    };
    return { port: server.port, otherCpuUs: () => server.cpuUs(), close };
  },

  async connect(port) {
    const connection = await connectTo(port);
    return {
      async echo(value) {
        if (typeof value === 'string') return (await connection.request('text', value, OPTIONS)).string();
        if (value instanceof Uint8Array) return (await connection.request('bytes', value, OPTIONS)).data;
        return (await connection.request('object', JSON.stringify(value), OPTIONS)).json();
      },
      close: () => connection.close(),
    };
  },
};
