import type { TestContext } from 'node:test';
import { etcd } from '../../../../etcd.js';
import { type Client, createClient, RpcCode, type RpcError } from '../../../../index.js';
import type { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { LinkProxy } from '../../../support/link-proxy.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../../../support/spawn-process.js';
import { until } from '../../../support/until.js';
import { now } from './history.js';

export const SERVER_FAULTS = ['crash', 'clean stop', 'SIGSTOP', 'cut', 'swallowed'] as const;
export type ServerFault = (typeof SERVER_FAULTS)[number];

const LATE_MS = 60_000;
const CALL_EVERY_MS = 10;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** Answer of a server: who it is, its term, and when the method ran. */
interface Answer {
  readonly name: string;
  readonly revision: number;
  readonly at: number;
}

interface Member {
  readonly name: string;
  readonly host: string;
  readonly child: SpawnedProcess;
  readonly proxy: LinkProxy;
}

interface Led {
  readonly at: number;
  readonly url: string;
}

export interface Takeover {
  /** From the fault until the next server led. Unit: ms */
  readonly took: number;
  /** From the fault until a caller that follows the registry had an answer of the next server. Unit: ms */
  readonly answered: number;
  /** Answers of the old Leader to methods that ran after the next one led. */
  readonly late: number;
  /** Code with which the old Leader refused a caller that had its address; undefined where the process is gone. */
  readonly refusal: string | undefined;
}

/** Two servers of one id, in processes on addresses of their own, with a way to etcd of their own each; and callers of both kinds. */
export class ElectedServers {
  readonly #scope: Pick<TestContext, 'after'>;
  readonly #etcd: EtcdCluster;
  readonly #ttl: number;
  readonly #hosts = ['127.0.0.2', '127.0.0.3'];
  readonly #answers: Answer[] = [];
  #started = 0;
  #leading: Member | undefined;
  #standing: Member | undefined;
  #led: Led | undefined;
  #isOver = false;

  constructor(scope: Pick<TestContext, 'after'>, cluster: EtcdCluster, ttl: number) {
    this.#scope = scope;
    this.#etcd = cluster;
    this.#ttl = ttl;
  }

  async start(): Promise<void> {
    this.#leading = await this.#join(this.#hosts[0] ?? '');
    this.#led = await ledBy(this.#leading);
    this.#standing = await this.#join(this.#hosts[1] ?? '');
    const client = this.#client({ registry: etcd({ hosts: this.#etcd.urls, namespace: 'elected' }) });
    await client.start();
    void this.#ask(client);
    await this.#answerOf(this.#leading.name, 0);
  }

  /** Does the fault to the Leader, and has another server stand by at the end. */
  async takeOver(fault: ServerFault): Promise<Takeover> {
    const [old, next, led] = [this.#leading, this.#standing, this.#led];
    if (old === undefined || next === undefined || led === undefined) throw new Error('not started');
    const pinned = this.#client({});
    pinned.addServer({ id: 'area-1', serverType: 'area', url: led.url });
    await pinned.start();
    await who(pinned, LATE_MS);
    const at = now();
    begin(fault, old);
    const refused = fault === 'SIGSTOP' ? who(pinned, LATE_MS).then(noRefusal, codeOf) : undefined;
    if (refused === undefined) void this.#ask(pinned, () => this.#leading === old);
    const nextLed = await ledBy(next);
    const answer = await this.#answerOf(next.name, at);
    const answered = now() - at;
    [this.#leading, this.#standing, this.#led] = [next, undefined, nextLed];
    const refusal = await this.#end(fault, old, pinned, refused);
    await pinned.stop(true);
    const late = this.#answers.filter((each) => each.revision < answer.revision && each.at > nextLed.at).length;
    return { took: nextLed.at - at, answered, late, refusal };
  }

  end(): void {
    this.#isOver = true;
  }

  /** The fault is over: the old process stands by again, or another one does. */
  async #end(
    fault: ServerFault,
    old: Member,
    pinned: Client,
    refused: Promise<string> | undefined,
  ): Promise<string | undefined> {
    if (fault === 'crash' || fault === 'clean stop') {
      await old.child.exited;
      this.#standing = await this.#join(old.host);
      return undefined;
    }
    if (fault === 'SIGSTOP') void old.child.kill('SIGCONT');
    // The process of the old Leader is well, and has its port until the calls are answered, or is about to close it.
    const code = await (refused ?? who(pinned, 1_000).then(noRefusal, codeOf));
    if (fault !== 'SIGSTOP') old.proxy.set('open');
    await old.child.next({ match: (message) => eventIn(message) === 'deposed', timeoutMs: LATE_MS });
    this.#standing = old;
    return code;
  }

  async #join(host: string): Promise<Member> {
    this.#started += 1;
    const name = `server-${this.#started}`;
    const proxy = await LinkProxy.start(this.#scope, this.#etcd.node.port);
    const args = [`${proxy.port}`, host, name, `${this.#ttl}`];
    const { child } = await spawnProcess(this.#scope, new URL('./elected-server-process.ts', import.meta.url), {
      args,
    });
    return { name, host, child, proxy };
  }

  #client(options: Parameters<typeof createClient>[0]): Client {
    const client = createClient({ ...options, logger: quiet });
    this.#scope.after(() => client.stop(true));
    client.addProxy({ namespace: 'user', serverType: 'area' });
    return client;
  }

  /** Calls again and again, and keeps the answers. */
  async #ask(client: Client, goesOn = (): boolean => true): Promise<void> {
    while (!this.#isOver && goesOn()) {
      await who(client, 500).then(
        (answer) => this.#answers.push(answer),
        () => {},
      );
      await new Promise((resolve) => {
        setTimeout(resolve, CALL_EVERY_MS);
      });
    }
  }

  #answerOf(name: string, since: number): Promise<Answer> {
    const find = (): Answer | undefined => this.#answers.find((each) => each.name === name && each.at > since);
    return until(find, { what: `an answer of ${name}`, timeoutMs: LATE_MS });
  }
}

function begin(fault: ServerFault, { child, proxy }: Member): void {
  if (fault === 'clean stop') child.send('stop');
  else if (fault === 'cut') proxy.set('cut');
  else if (fault === 'swallowed') proxy.set('swallow');
  else void child.kill(fault === 'crash' ? 'SIGKILL' : 'SIGSTOP');
}

async function ledBy({ child }: Member): Promise<Led> {
  const match = (message: Json): boolean => eventIn(message) === 'leads';
  return (await child.next({ match, timeoutMs: LATE_MS })) as unknown as Led;
}

function eventIn(message: Json): unknown {
  return typeof message === 'object' && message !== null && 'event' in message ? message.event : undefined;
}

function who(client: Client, timeout: number): Promise<Answer> {
  return client.proxies['user']?.['area']?.['area']?.['who']?.with({ timeout })(null) as Promise<Answer>;
}

function noRefusal(): string {
  return 'answered';
}

function codeOf({ code }: RpcError): string {
  return code === RpcCode.StaleLeader ? 'refused' : code;
}
