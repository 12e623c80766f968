import type { Logger } from '../../lib/diagnostics.js';
import { placeName } from '../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Obstacles } from '../../lib/obstacles.js';
import type { ResolvedShareOptions } from './options.js';

/** Reasons why a share neither leads nor follows. Each reason is logged once. */
export class ShareObstacles {
  readonly #where: string;
  readonly #mayLead: boolean;
  readonly #advice: string;
  readonly #logger: Logger;
  readonly #known = new Obstacles();
  #last: RpcError | undefined;

  constructor({ endpoint, lead }: ResolvedShareOptions, logger: Logger) {
    this.#mayLead = lead;
    this.#where = `the shared mailboxes on ${placeName(endpoint)}`;
    this.#advice = lead
      ? `give all processes a \`share.${endpoint.transport === 'unix' ? 'path' : 'port'}\` that no other program uses`
      : 'start a process that may lead, one whose `share.lead` is not false';
    this.#logger = logger;
  }

  /** Failure of the last attempt to lead or to follow. */
  get last(): RpcError {
    if (this.#last !== undefined) return this.#last;
    // A process that may lead is still trying, and has a reason when it fails. A process that may not lead only waits.
    const advice = this.#mayLead ? '' : `; ${this.#advice}`;
    return new RpcError(RpcCode.Connect, `no process leads ${this.#where} yet${advice}`);
  }

  add(error: RpcError): void {
    const why = `no process leads ${this.#where}: ${error.message}`;
    this.#last = new RpcError(RpcCode.Connect, why, { cause: error.cause ?? error });
    if (this.#known.isNew(error)) this.#logger.warn(`mailstation: ${why}; ${this.#advice}`);
  }

  /** A Leader was found. */
  clear(): void {
    this.#last = undefined;
    this.#known.clear();
  }
}
