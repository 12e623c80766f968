import { createServer } from '../../index.js';

/** One server in a process of its own. Its argument is a {@link ServerSetting} as JSON; `stop` and `ready` go over IPC. */
export interface ServerSetting {
  readonly id: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly standby: boolean;
}

/** What a call is answered with: by whom, and which call that was. */
export interface Answer {
  readonly pid: number;
  readonly token: number;
}

export interface Ready {
  readonly type: 'ready';
  readonly port: number;
  readonly state: string;
}

const setting = JSON.parse(process.argv[2] ?? '') as ServerSetting;

const service = {
  /** Takes `ms`, so that there is always something in flight. */
  work: (token: number, ms: number): Promise<Answer> =>
    new Promise((resolve) => setTimeout(resolve, ms, { pid: process.pid, token })),
};

const server = createServer({
  ...setting,
  serverType: 'test',
  services: { user: { service } },
  logger: { info() {}, warn: console.warn, error: console.error },
});

await server.start();
const ready: Ready = { type: 'ready', port: server.port, state: server.state };
process.send?.(ready);
process.on('message', async (message) => {
  if (message !== 'stop') return;
  await server.stop();
  process.disconnect();
});
// Whoever started it has gone, or it has stopped and has nothing left to do.
process.on('disconnect', () => process.exit());
