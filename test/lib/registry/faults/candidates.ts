import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { LinkProxy } from '../../../support/link-proxy.js';
import { type SpawnedProcess, spawnProcess } from '../../../support/spawn-process.js';
import { until } from '../../../support/until.js';
import { now, type Reign, reignsOf } from './history.js';

/** A candidate whose last line is older does not lead, or does not run. Unit: ms */
const FRESH_MS = 250;
const ELECTED_MS = 60_000;

/** A candidate in a process of its own, behind proxies of its own, one to each member of etcd. */
export interface Competitor {
  readonly name: string;
  readonly links: readonly LinkProxy[];
  readonly child: SpawnedProcess;
  readonly file: string;
}

export interface CandidateSetup {
  readonly folder: string;
  /** Members of etcd. */
  readonly members: readonly { readonly host: string; readonly port: number }[];
  /** Unit: ms */
  readonly ttl: number;
  readonly isControl: boolean;
}

/** The candidates of a run, those that were killed included. */
export class Candidates {
  readonly all: Competitor[] = [];
  readonly #scope: Pick<TestContext, 'after'>;
  readonly #setup: CandidateSetup;
  #started = 0;

  constructor(scope: Pick<TestContext, 'after'>, setup: CandidateSetup) {
    this.#scope = scope;
    this.#setup = setup;
  }

  async start(): Promise<Competitor> {
    const { folder, members, ttl, isControl } = this.#setup;
    this.#started += 1;
    const name = `candidate-${this.#started}`;
    const file = join(folder, name);
    const links = await Promise.all(members.map(({ host, port }) => LinkProxy.start(this.#scope, port, host)));
    const args = [links.map(({ port }) => port).join(), file, `${ttl}`, ...(isControl ? ['control'] : [])];
    const { child } = await spawnProcess(this.#scope, new URL('./candidate-process.ts', import.meta.url), { args });
    const competitor = { name, links, child, file };
    this.all.push(competitor);
    return competitor;
  }

  reigns(): Reign[] {
    return this.all.flatMap(({ name, file }) => reignsOf(name, textOf(file)));
  }

  /** The candidate that leads now, and is another than `not`. */
  async leader(not?: Competitor): Promise<{ competitor: Competitor; reign: Reign }> {
    return until(
      () => {
        for (const competitor of this.all) {
          if (competitor === not) continue;
          const reign = reignsOf(competitor.name, textOf(competitor.file)).at(-1);
          if (reign !== undefined && now() - reign.to < FRESH_MS) return { competitor, reign };
        }
        return undefined;
      },
      { what: 'a Leader', timeoutMs: ELECTED_MS },
    );
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the candidate has not led yet, and may not have opened its file
  }
}
