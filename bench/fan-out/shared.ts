/** The ends of a shared client: `cluster()` of mailstation, or of cluster-client. */
import { EventEmitter } from 'node:events';
import type { cluster as ours } from 'mailstation';
import type { Ends } from './ends.js';
import type { HostList } from './value.js';

type Listener = (value: HostList) => void;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const REG = { dataId: 'com.example.hosts' };

/** The real client, which only the Leader makes. */
class Source extends EventEmitter {
  static listener: Listener | undefined;

  subscribe(_reg: object, listener: Listener): void {
    Source.listener = listener;
  }

  publish(): void {}

  async echo(value: number): Promise<number> {
    return value;
  }
}

export function sharedEnds(cluster: typeof ours): Ends {
  const join = async (port: number) => {
    const client = cluster(Source, { port, logger: quiet }).create();
    client.on('error', (error: Error) => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(1); // a value that is not acknowledged, or a connection that is lost, spoils the figures
    });
    await client.ready();
    return client;
  };
  return {
    async lead(port) {
      await join(port);
      return (value) => Source.listener?.(value);
    },
    async follow(port, count, onValue) {
      const all = await Promise.all(Array.from({ length: count }, () => join(port)));
      for (const [index, client] of all.entries())
        client.subscribe(REG, (value: unknown) => onValue(index, value as HostList));
      // Behind the subscription on the same connection.
      await Promise.all(all.map((client, index) => client.echo(index)));
      if (Source.listener !== undefined) throw new Error('a Follower has become the Leader');
    },
  };
}
