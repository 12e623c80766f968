// Tells the story step by step: while something happens to the hosts, the clients call, and then say what they saw.
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for something that has to happen. Unit: ms */
const PATIENCE = 60_000;

export class Story {
  #hosts;
  #step = 0;
  #tallies = new Map();
  #broken = [];

  constructor(hosts) {
    this.#hosts = hosts;
  }

  /** Calls that failed in the last step, on all hosts. */
  get failed() {
    return [...this.#tallies.values()].reduce((sum, { failed }) => sum + failed, 0);
  }

  answeredOn(host) {
    return this.#tallies.get(host)?.answered ?? 0;
  }

  async tell(what, happens) {
    this.#step += 1;
    console.log(`\n${this.#step}. ${what}`);
    for (const host of this.#hosts) host.call();
    const startedAt = performance.now();
    await happens();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    this.#tallies.clear();
    for (const host of this.#hosts.filter(({ hasClient }) => hasClient)) {
      const tally = await host.tally();
      this.#tallies.set(host, tally);
      console.log(`   client on ${host.name}: ${inWords(tally)}`);
    }
    console.log(`   ${seconds} s, failed calls: ${this.failed}`);
  }

  /** A promise of the story. The program ends with code 1 where one was broken. */
  expect(isKept, promise) {
    if (!isKept) this.#broken.push(promise);
  }

  async untilRoster(host, ids) {
    await this.#until(host, ids, ({ known }) => sameSet(known, ids), 'knows');
  }

  async untilAnswered(host, ids) {
    await this.#until(host, ids, ({ answered }) => ids.every((id) => answered.includes(id)), 'has answers of');
  }

  end() {
    for (const promise of this.#broken) console.log(`BROKEN PROMISE: ${promise}`);
    process.exitCode = this.#broken.length === 0 ? 0 : 1;
  }

  async #until(host, ids, isSo, what) {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      const seen = await host.seen();
      if (isSo(seen)) return;
      if (performance.now() > giveUpAt)
        throw new Error(`the client on ${host.name} never ${what} ${ids.join()}: ${JSON.stringify(seen)}`);
      await sleep(20);
    }
  }
}

function inWords({ made, answered, failed, codes, by, slowest }) {
  const servers = Object.entries(by).sort(([one], [other]) => (one < other ? -1 : 1));
  const who = servers.map(([id, count]) => `${id} ${count}`).join(', ') || 'none';
  const why = failed === 0 ? '' : `, ${failed} failed (${Object.keys(codes).join(', ')})`;
  return `${made} calls, ${answered} answered (${who})${why}; the slowest took ${slowest} ms`;
}

function sameSet(one, other) {
  return one.length === other.length && other.every((each) => one.includes(each));
}
