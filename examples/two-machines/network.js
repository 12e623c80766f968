// The network between the two hosts: namespaces of the kernel, or addresses of loopback.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const OWN = 'TWO_MACHINES_NETWORK';
const UNSHARE = ['unshare', '--map-root-user', '--net', '--mount'];

/** Undefined where the story was told by another process, which has a network of its own. */
export async function enterNetwork() {
  if (process.env[OWN] !== undefined) return new Namespaces();
  if (!canUnshare()) return new Loopback();
  const [command, ...args] = [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, [OWN]: '1' } });
  process.on('exit', () => child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
  return undefined;
}

function canUnshare() {
  const [command, ...args] = [...UNSHARE, 'ip', 'link', 'add', 'bridge0', 'type', 'bridge'];
  return spawnSync(command, args).status === 0;
}

/** Hosts in network namespaces, with a cable each to a switch, at which etcd listens. */
class Namespaces {
  description = 'network namespaces: a cable can be pulled';
  cutOff = 'the other host and from etcd';
  etcdHost = '10.77.0.1';
  #holders = [];

  constructor() {
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'switch0', 'type', 'bridge');
    ip('addr', 'add', `${this.etcdHost}/24`, 'dev', 'switch0');
    ip('link', 'set', 'switch0', 'up');
  }

  async host(name, etcdPort) {
    // Keeps the namespace until its standard input is closed, which is when this process ends.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo there; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#holders.push(holder);
    await once(holder.stdout, 'data');
    const [cable, address] = [`cable-${name}`, `10.77.0.${name === 'a' ? 2 : 3}`];
    const inside = ['nsenter', `--net=/proc/${holder.pid}/ns/net`];
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${holder.pid}`);
    ip('link', 'set', cable, 'master', 'switch0', 'up');
    for (const command of [`addr add ${address}/24 dev eth0`, 'link set eth0 up', 'link set lo up'])
      execFileSync(inside[0], [...inside.slice(1), 'ip', ...command.split(' ')]);
    return {
      address,
      etcd: `http://${this.etcdHost}:${etcdPort}`,
      inside,
      cut: async () => ip('link', 'set', cable, 'down'),
      heal: async () => ip('link', 'set', cable, 'up'),
    };
  }

  end() {
    for (const holder of this.#holders) holder.kill('SIGKILL');
  }
}

function ip(...args) {
  execFileSync('ip', args);
}

/** Hosts at addresses of loopback. Nothing can cut them off from each other: a relay cuts the way of each to etcd. */
class Loopback {
  description = 'addresses of loopback, since this system allows no network namespaces';
  cutOff = 'etcd';
  etcdHost = '127.0.0.1';
  #relays = [];

  async host(name, etcdPort) {
    const relay = new Relay(etcdPort);
    this.#relays.push(relay);
    return {
      // Only Linux has all of 127.0.0.0/8.
      address: process.platform === 'linux' ? `127.0.0.${name === 'a' ? 2 : 3}` : '127.0.0.1',
      etcd: `http://127.0.0.1:${await relay.listen()}`,
      inside: [],
      cut: async () => relay.cut(),
      heal: () => relay.heal(),
    };
  }

  end() {
    for (const relay of this.#relays) relay.cut();
  }
}

/** Passes connections on, until it is cut. */
class Relay {
  #target;
  #port = 0;
  #server;
  #sockets = new Set();

  constructor(target) {
    this.#target = target;
  }

  async listen() {
    this.#server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = this.#server.address().port;
    return this.#port;
  }

  cut() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async heal() {
    await sleep(50); // the port may not be free yet
    await this.listen();
  }
}
