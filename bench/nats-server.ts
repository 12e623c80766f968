import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

const HOST = '127.0.0.1';
/** Debian puts the program where only root looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];
const START_MS = 10_000;
const LOOK_MS = 20;
/** As large as the messages of the other peers; there is no flag for this option. */
const CONFIG = 'max_payload: 8388608\n';
/** Ticks of Linux's `/proc/<pid>/stat` in a second. */
const TICKS = 100;

/** Path of a nats-server: `NATS_SERVER`, or that of the PATH. Undefined where there is none, or no `/proc` to read its CPU time from. */
export function findNatsServer(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_FOLDERS];
  return [process.env['NATS_SERVER'] ?? '', ...folders.map((folder) => path.join(folder, 'nats-server'))].find(
    (found) => found !== '' && existsSync(found),
  );
}

/** A nats-server on a port of loopback. */
export class NatsServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /** Resolves when the server accepts connections. */
  static async start(): Promise<NatsServer> {
    const program = findNatsServer();
    if (program === undefined) throw new Error('there is no nats-server here');
    const folder = mkdtempSync(path.join(tmpdir(), 'bench-nats-'));
    const config = path.join(folder, 'nats.conf');
    writeFileSync(config, CONFIG);
    const port = await freePort();
    const child = spawn(program, ['-c', config, '-a', HOST, '-p', String(port)], { stdio: 'ignore' });
    const server = new NatsServer(port, child, folder);
    process.once('exit', () => server.stop());
    await server.#untilReady();
    return server;
  }

  /** CPU time so far, of all threads. Unit: us */
  cpuUs(): number {
    // The name, in brackets, may hold spaces. Source: proc(5), fields 14 and 15.
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS;
  }

  stop(): void {
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    for (const giveUpAt = performance.now() + START_MS; performance.now() < giveUpAt; await sleep(LOOK_MS)) {
      if (this.#child.exitCode !== null) throw new Error(`nats-server ended with ${this.#child.exitCode}`);
      if (await accepts(this.port)) return;
    }
    throw new Error(`nats-server accepted no connection in ${START_MS} ms`);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
