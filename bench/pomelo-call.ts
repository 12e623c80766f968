import { bytesAsText } from './bytes-as-text.js';
import type { PeerClient } from './peer.js';

export type Done = (error: Error | null | undefined, value?: unknown) => void;
export type Invoke = (serverId: string, call: object, done: Done) => void;

/** A client of pomelo-rpc or of pinus-rpc. */
export interface Station {
  addServer(server: object): void;
  start(done: Done): void;
  stop(force: boolean): void;
  rpcInvoke: Invoke;
}

const SERVER = { id: 'test-server-1', serverType: 'test', host: '127.0.0.1' };

/** Starts a client and makes the first call, with which the client connects. */
export async function callStation(station: Station, invoke: Invoke, port: number): Promise<PeerClient> {
  station.addServer({ ...SERVER, port });
  await new Promise<void>((resolve, reject) => station.start((error) => (error ? reject(error) : resolve())));
  const client: PeerClient = {
    echo: (value) =>
      new Promise((resolve, reject) => {
        const call = { namespace: 'user', serverType: 'test', service: 'echo', method: 'echo', args: [value] };
        invoke(SERVER.id, call, (error, reply) => (error ? reject(error) : resolve(reply)));
      }),
    close: async () => station.stop(true),
  };
  await client.echo('connects');
  return bytesAsText(client);
}
