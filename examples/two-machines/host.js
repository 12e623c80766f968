// A host of the story: its place in the network, its servers, and its client, each in a process of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

export class Host {
  #place;
  #ttl;
  #servers = new Map();
  #client;

  constructor(name, place, ttl) {
    this.name = name.toUpperCase();
    this.#place = place;
    this.#ttl = ttl;
  }

  get ids() {
    return [...this.#servers.keys()];
  }

  /** False while the host is lost. */
  get hasClient() {
    return this.#client !== undefined;
  }

  async startServers(count) {
    const ids = Array.from({ length: count }, (_, at) => `shop-${this.name.toLowerCase()}${at + 1}`);
    for (const id of ids) this.#servers.set(id, undefined);
    await Promise.all(ids.map((id) => this.#startServer(id)));
  }

  async startClient() {
    this.#client = this.#run('caller.js', []);
    await this.#client.said('ready');
  }

  /** Stops a server in order, and starts it again. */
  async restart(id) {
    this.#servers.get(id).send('stop');
    await this.#servers.get(id).ended;
    await this.#startServer(id);
  }

  /** Begins to call, until {@link Host.tally}. */
  call() {
    this.#client?.send('call');
  }

  /** Waits for the calls that were made, and counts them. */
  async tally() {
    this.#client?.send('tally');
    return this.#client?.said('tally');
  }

  /** Ids of the servers that the client knows, and of those that have answered it since {@link Host.call}. */
  async seen() {
    this.#client.send('seen');
    return this.#client.said('seen');
  }

  cut() {
    return this.#place.cut();
  }

  heal() {
    return this.#place.heal();
  }

  /** The host is gone, without a word to anyone. */
  async lose() {
    await this.#place.cut();
    this.kill();
    this.#client = undefined;
  }

  async comeBack() {
    await this.#place.heal();
    await Promise.all(this.ids.map((id) => this.#startServer(id)));
    await this.startClient();
    this.call();
  }

  async stop() {
    const all = [this.#client, ...this.#servers.values()];
    for (const each of all) each.send('stop');
    await Promise.all(all.map(({ ended }) => ended));
  }

  kill() {
    for (const each of [this.#client, ...this.#servers.values()]) each?.kill();
  }

  async #startServer(id) {
    const server = this.#run('server.js', [id, this.#place.address]);
    this.#servers.set(id, server);
    await server.said('ready');
  }

  #run(program, args) {
    const given = [...process.execArgv, file(program), this.#place.etcd, `${this.#ttl}`, ...args];
    const [command, ...rest] = [...this.#place.inside, process.execPath, ...given];
    return new Running(program, spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }
}

/** A process that sends messages { type, ... }. */
class Running {
  #child;
  #messages = [];
  #waiting = [];

  constructor(program, child) {
    this.#child = child;
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    child.on('message', (message) => {
      this.#messages.push(message);
      this.#match();
    });
    void this.ended.then(() => {
      for (const { reject, type } of this.#waiting) reject(new Error(`${program} ended before it said "${type}"`));
    });
  }

  send(message) {
    if (this.#child.connected) this.#child.send(message);
  }

  said(type) {
    const heard = new Promise((resolve, reject) => this.#waiting.push({ type, resolve, reject }));
    this.#match();
    return heard;
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  #match() {
    for (const waiting of [...this.#waiting]) {
      const at = this.#messages.findIndex(({ type }) => type === waiting.type);
      if (at < 0) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(this.#messages.splice(at, 1)[0]);
    }
  }
}
