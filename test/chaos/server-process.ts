import { type CallContext, callContext } from '../../lib/call-context.js';
import type { RpcError } from '../../lib/errors.js';
import type { TransportName } from '../../lib/server-info.js';
import { createServer, type Server } from '../../server.js';
import type { Executed } from './history.js';
import { BUG_EVERY, type Bug, jumpClock, Peer } from './peer.js';
import { StreamLog } from './stream-log.js';

/** Where it serves, in each of its lives. */
export interface ServerPlace {
  readonly id: string;
  readonly port: number;
  readonly transport: TransportName;
  readonly standby: boolean;
  /** It runs few calls at a time, and lets few wait. */
  readonly isBusy: boolean;
}

/** Waits to be told what to serve, so that it can be started ahead of time. */
export interface ServerSetting extends ServerPlace {
  readonly type: 'serve';
  /** This life of it. */
  readonly name: string;
  readonly historyFile: string;
  readonly bugs: readonly Bug[];
}

export type ServerCommand = ServerSetting | { readonly type: 'stop' } | { readonly type: 'clock'; readonly ms: number };

/** What a caller sends of itself. `line` is read when the call is sent. */
interface Caller {
  readonly client: string;
  readonly token: number;
  readonly line: string;
}

let stop = async (): Promise<void> => process.exit();

async function serve({ name, id, port, transport, standby, isBusy, historyFile, bugs }: ServerSetting): Promise<void> {
  const peer = new Peer(name, historyFile, bugs);
  let executions = 0;
  const isDue = (bug: Bug): boolean => bugs.includes(bug) && executions % BUG_EVERY === bugs.indexOf(bug);
  let heldBack: Executed | undefined;
  let previous = '';

  /** Written down before anything is answered. Gives what the answer says of whom it is for. */
  function execute({ client, token, line }: Caller): string {
    executions += 1;
    const record: Executed = { type: 'executed', server: name, client, token, line };
    if (isDue('reorder') && heldBack === undefined) heldBack = record;
    else if (!isDue('answer unexecuted')) peer.history.write(record);
    if (isDue('execute twice')) peer.history.write(record);
    if (isDue('execute for nobody')) peer.history.write({ ...record, token: token + 1_000_000 });
    if (heldBack !== undefined && heldBack !== record && heldBack.line === line && heldBack.client === client) {
      peer.history.write(heldBack);
      heldBack = undefined;
    }
    const own = `${client} ${token}`;
    const answers = isDue('answer another') ? previous : own;
    previous = own;
    return answers;
  }

  const streams = new StreamLog(name, (record) => peer.history.write(record));
  /** Items as a reader reports them, with a seeded bug from time to time. */
  const note = (items: number[]): number[] => {
    if (items.length < 4) return items;
    if (isDue('lose an item')) items.splice(1, 1);
    if (isDue('double an item')) items.splice(1, 0, items[1] as number);
    if (isDue('reorder items')) items.splice(1, 2, items[2] as number, items[1] as number);
    return items;
  };
  const finish = (caller: Caller): void => {
    if (!isDue('forget a generator')) streams.finished(caller);
    if (isDue('finish a generator twice')) streams.finished(caller);
  };
  const service = {
    async *down(caller: Caller, count: number) {
      const answers = execute(caller);
      yield* streams.generate(caller, count, () => finish(caller));
      return answers;
    },
    async up(caller: Caller, count: number) {
      const { stream } = callContext() as CallContext;
      const answers = execute(caller);
      // Some leave early; the call goes on.
      const limit = count % 4 === 3 ? 3 : Number.POSITIVE_INFINITY;
      await streams.read(caller, 'up', stream as AsyncIterator<unknown>, count, { limit, note });
      return answers;
    },
    async *both(caller: Caller) {
      const { stream } = callContext() as CallContext;
      const answers = execute(caller);
      streams.begun(caller);
      try {
        yield* stream as AsyncIterable<unknown>;
        return answers;
      } finally {
        streams.ended(caller);
      }
    },
    echo: (caller: Caller) => execute(caller),
    slow: async (caller: Caller, ms: number) => {
      const answers = execute(caller);
      await new Promise((resolve) => setTimeout(resolve, ms));
      return answers;
    },
    big: (caller: Caller, text: string) => [execute(caller), text],
    fail: async (caller: Caller) => {
      throw new Error(execute(caller));
    },
    oneway: (caller: Caller) => void execute(caller),
  };
  const make = () => {
    const server = createServer({
      id,
      port,
      transport,
      standby,
      serverType: 'test',
      services: { user: { service } },
      ...(isBusy ? { maxConcurrent: 6, maxQueued: 25 } : {}),
      keepalive: 400,
      drainTimeout: 2_000,
      maxQueuedBytes: 512 * 1024,
      streamWindow: { items: 10, bytes: 4_000, total: 20_000 },
      logger: { info() {}, warn() {}, error() {} },
    });
    server.on('error', (error) => console.error(`told: ${error.message}`)); // a holder of the port that hangs, for one
    return server;
  };
  const server = await started(make);
  stop = async () => {
    await server.stop();
    await streams.settled();
    await peer.end();
  };
  process.send?.({ type: 'serving', state: server.state });
}

/** While its server is away, its port may be the local one of anybody's connection for a moment. */
async function started(make: () => Server): Promise<Server> {
  for (let attempt = 0; ; attempt++) {
    const server = make();
    try {
      await server.start();
      return server;
    } catch (error) {
      console.error(`attempt ${attempt}: ${(error as Error).message}`);
      if (attempt === 50 || (error as RpcError).code !== 'ERR_RPC_ADDRESS_IN_USE') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

process.on('message', async (command: ServerCommand) => {
  if (command.type === 'serve') await serve(command);
  else if (command.type === 'clock') jumpClock(command.ms);
  else await stop();
});

process.send?.({ type: 'ready' });
