import { createHash } from 'node:crypto';
import type { Logger } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { AuthOffer } from '../protocol/auth-message.js';
import { performance } from '../timers.js';
import { beginProof, type FollowerProof } from './follower-proof.js';
import { challenge, type LeaderProof } from './leader-proof.js';
import { keysOf } from './proof.js';
import type { ProofContext, Secret } from './proof-context.js';
import { checkCount, type SecretSource, secretSources } from './secret-option.js';

/** Shortest time between two looks at the files, while the secrets in use suffice. Unit: ms */
const LOOK_EVERY_MS = 1_000;

interface Loaded {
  readonly version: string | undefined;
  readonly secrets: readonly Secret[];
}

/** The secrets of one option `secret`. Files are read again when they have changed, so that secrets change without a restart. */
export class Secrets {
  readonly #name: string;
  readonly #sources: readonly SecretSource[];
  readonly #logger: Logger;
  readonly #loaded = new Map<SecretSource, Loaded>();
  #current: readonly Secret[] = [];
  #lookedAt = performance.now();

  /** Reads all secrets. Throws {@link RpcCode.InvalidArgument}. */
  constructor(name: string, given: unknown, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
    this.#sources = secretSources(name, given);
    for (const source of this.#sources) this.#loaded.set(source, load(source));
    this.#current = this.#gather();
  }

  /** Name of the secret with which this end proves first. */
  get firstName(): string {
    return this.#current[0]?.name ?? '';
  }

  /** Text that is the same for the same set of secrets, and tells nothing of them. */
  get digest(): string {
    this.#look();
    const keys = this.#current.map(({ keys }) => keys.hint.toString('hex')).sort();
    return createHash('sha256')
      .update([...new Set(keys)].join())
      .digest('hex');
  }

  /** Begins the proof of a Follower: with the newest secrets, which the Leader may have read too. */
  begin(context: ProofContext): FollowerProof {
    this.#look();
    return beginProof(this.#current, context);
  }

  /**
   * Answers the offer of a Follower with the Leader's own proof. Undefined where the two have no secret in common: the files are
   * then looked at again, since the Follower may have a newer secret.
   */
  challenge(offer: AuthOffer, context: ProofContext): LeaderProof | undefined {
    if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) this.#look();
    const proof = challenge(this.#current, offer, context);
    return proof === undefined && this.#look() ? challenge(this.#current, offer, context) : proof;
  }

  /** Reads the files that have changed. A file that cannot be used changes nothing, and is logged once. True after a change. */
  #look(): boolean {
    this.#lookedAt = performance.now();
    let hasChanged = false;
    for (const source of this.#sources) {
      const before = this.#loaded.get(source);
      const version = source.version();
      if (before === undefined || version === before.version) continue;
      try {
        this.#loaded.set(source, load(source));
        this.#current = this.#gather();
        hasChanged = true;
      } catch (error) {
        this.#loaded.set(source, { ...before, version });
        this.#logger.error(`mailstation: ${messageOf(error)}; the secrets that were read before stay valid`);
      }
    }
    return hasChanged;
  }

  #gather(): readonly Secret[] {
    const all = this.#sources.flatMap((source) => this.#loaded.get(source)?.secrets ?? []);
    checkCount(this.#name, all.length);
    return all;
  }
}

function load(source: SecretSource): Loaded {
  const { secrets, version } = source.read();
  return { version, secrets: secrets.map((secret) => ({ name: source.name, keys: keysOf(secret) })) };
}

/** The secrets of an option; undefined where the option is not given. Throws {@link RpcCode.InvalidArgument}. */
export function resolveSecrets(name: string, given: unknown, logger: Logger): Secrets | undefined {
  return given === undefined ? undefined : new Secrets(name, given, logger);
}
