// One member of etcd, for as long as the story takes. In production, run three.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function startEtcd(host) {
  const binary = process.env.ETCD ?? 'etcd';
  const folder = mkdtempSync(join(tmpdir(), 'two-machines-'));
  const [port, peerPort] = [await freePort(host), await freePort('127.0.0.1')];
  const [client, peer] = [`http://${host}:${port}`, `http://127.0.0.1:${peerPort}`];
  const args = [
    ...['--data-dir', join(folder, 'data'), '--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ...['--logger', 'zap', '--log-outputs', 'stderr'],
  ];
  // Ends etcd with this process, even where that is killed.
  const withParent = ['setpriv', '--pdeathsig', 'KILL', '--'];
  const canTie = spawnSync(withParent[0], [...withParent.slice(1), 'true']).status === 0;
  const [command, ...rest] = [...(canTie ? withParent : []), binary, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child);
  } catch (error) {
    kill();
    throw new Error(`etcd (${binary}) did not start; install it, or set ETCD to its path:\n${error.message}`);
  }
  return { port, kill };
}

/** Resolves when etcd takes requests. */
function untilReady(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => {
      log = (log + text).slice(-10_000);
      if (/serving (client traffic|insecure client requests)/.test(log)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(log)));
  });
}

async function freePort(host) {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
