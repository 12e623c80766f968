// Two processes share one client of Nacos' configurations. The process that leads is ended, and the other takes over.
const { fork } = require('node:child_process');
const { mkdirSync, rmSync } = require('node:fs');
const path = require('node:path');
const freePorts = require('./shared/free-ports.cjs');
const startConfigServer = require('./config-server.cjs');

const PATIENCE_MS = 20_000;
const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);
const members = [];

class Member {
  #child;
  #nextId = 1;
  #waiting = new Map();

  constructor(name, env) {
    const CACHE_FOLDER = path.resolve('cache', name);
    this.#child = fork('member.cjs', { env: { ...process.env, ...env, CACHE_FOLDER }, silent: true });
    this.#child.on('message', ({ id, answer }) => this.#waiting.get(id)?.(answer));
    members.push(this);
  }

  ask(name, ...args) {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, name, args });
    });
  }

  /** Asks until the answer is as wanted, and resolves with the last one. */
  async until(wanted, name, ...args) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.ask(name, ...args);
      if (answer === wanted || Date.now() > end) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  end() {
    this.#child.kill('SIGKILL');
  }
}

async function main() {
  rmSync('cache', { recursive: true, force: true });
  mkdirSync('cache');
  const [port] = await freePorts(1);
  const env = {
    CONFIG_SERVER: `127.0.0.1:${await startConfigServer()}`,
    NODE_CLUSTER_CLIENT_PORT: String(port),
    NODE_OPTIONS: `--require=${path.resolve('shared/loopback.cjs')}`,
    ENDS_WITH_PROGRAM: '1',
  };
  const first = new Member('first', env);
  print('the first is ready', await first.ask('ready'));
  const second = new Member('second', env);
  print('the second is ready', await second.ask('ready'));
  print('which leads', [await first.ask('leads'), await second.ask('leads')]);

  print('get before a value is published', [
    await first.ask('get', 'rate', 'shop'),
    await second.ask('get', 'rate', 'shop'),
  ]);
  print('the second publishes', await second.ask('publish', 'rate', 'shop', 'seven €'));
  print('both get', [await first.ask('get', 'rate', 'shop'), await second.ask('get', 'rate', 'shop')]);
  print('the first publishes', await first.ask('publish', 'tariff', 'shop', 'one'));
  print('both see', [await first.until('one', 'seen'), await second.until('one', 'seen')]);
  print('the second publishes again', await second.ask('publish', 'tariff', 'shop', 'two'));
  print('both see', [await first.until('two', 'seen'), await second.until('two', 'seen')]);
  print('the second removes', await second.ask('remove', 'rate', 'shop'));
  print('both get after that', [await first.ask('get', 'rate', 'shop'), await second.ask('get', 'rate', 'shop')]);
  print('a wrong name', [await first.ask('get', 'a b', 'shop'), await second.ask('get', 'a b', 'shop')]);

  first.end();
  print('the second gets after the first has ended', await second.until('two', 'get', 'tariff', 'shop'));
  print('the second publishes then', await second.ask('publish', 'tariff', 'shop', 'three'));
  print('the second sees', await second.until('three', 'seen'));
  print('the second leads', await second.ask('leads'));
  const third = new Member('third', env);
  print('a third sees', await third.until('three', 'seen'));
}

main()
  .catch((error) => {
    console.log(`failed: ${error.stack}`);
    process.exitCode = 1;
  })
  .finally(() => {
    for (const member of members) member.end();
    process.exit();
  });
