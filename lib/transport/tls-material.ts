import type { SecureContext, SecureContextOptions } from 'node:tls';
import { outsideContexts } from '../async-context.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import { clearInterval, setInterval } from '../timers.js';
import { faultOfDates } from './tls-faults.js';
import { loadTls, stateOfFiles } from './tls-load.js';
import { type CheckedTls, checkTlsOptions, type TlsOptions } from './tls-options.js';

/** Time between two looks at the files of a server. Unit: ms */
const WATCH_MS = 1_000;
/** Looks after which files that cannot be used are reported. At the first look, one of two files may not yet be written. */
const REPORTED_LOOK = 2;

/** Receiver of the news of {@link TlsMaterial.watch}. */
export interface TlsWatcher {
  /** Called when other material is in use. */
  onChange(): void;
  /** Called once for each state of the files that cannot be used. The former material stays in use. */
  onFailure(error: Error): void;
}

/** Files that cannot be used, in place of those that are in use. */
interface Failed {
  readonly state: string;
  readonly error: Error;
  looks: number;
}

/** Certificate and key of one end of connections, and the rules for its peers. The files are read again when they change. */
export class TlsMaterial {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  /** Name that the certificate of a server must have; undefined: the host. */
  readonly servername: string | undefined;
  readonly #name: string;
  readonly #watchers = new Set<TlsWatcher>();
  #checked: CheckedTls;
  #loaded: ReturnType<typeof loadTls>;
  /** State of the files that are in use. */
  #state: string;
  #failed: Failed | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Reads the files. Throws {@link RpcCode.InvalidArgument}. `name`: the option in messages. */
  constructor(given: TlsOptions, name = 'tls') {
    this.#name = name;
    this.#checked = checkTlsOptions(name, given);
    this.#state = stateOfFiles(this.#checked);
    this.#loaded = loadTls(name, this.#checked);
    this.requestCert = this.#checked.requestCert;
    this.rejectUnauthorized = this.#checked.rejectUnauthorized;
    this.servername = this.#checked.servername;
  }

  /** Material as node:tls takes it. */
  get options(): SecureContextOptions {
    return this.#loaded.options;
  }

  get context(): SecureContext {
    return this.#loaded.context;
  }

  /** True where this end shows a certificate. */
  get hasCertificate(): boolean {
    const { cert, pfx } = this.#checked.sources;
    return (cert ?? pfx) !== undefined;
  }

  /** Fault of the own certificate: of its dates, or of newer files that cannot be used. Undefined for none. */
  get fault(): string | undefined {
    const newer = this.#failed && `the files that replace it cannot be used: ${this.#failed.error.message}`;
    const dates = faultOfDates(this.#loaded.leaf);
    return dates === undefined || newer === undefined ? (dates ?? newer) : `${dates}, and ${newer}`;
  }

  /** Throws {@link RpcCode.InvalidArgument} where this end has no certificate. */
  requireOwn(): void {
    const name = this.#name;
    if (!this.hasCertificate)
      throw invalid(`${name} needs a certificate at the end that listens: give ${name}.certFile and ${name}.keyFile`);
  }

  /** Throws as {@link requireOwn} does, and {@link RpcCode.Certificate} for a certificate that is not valid now. */
  requireValid(): void {
    this.requireOwn();
    requireDates(this.#name, this.#loaded);
  }

  /**
   * Puts other material in the place of the current one; without an argument, reads the files again. Throws
   * {@link RpcCode.InvalidArgument} and {@link RpcCode.Certificate}, and the current material then stays.
   */
  replace(given?: TlsOptions): void {
    const checked = given === undefined ? this.#checked : checkTlsOptions(this.#name, given);
    for (const rule of ['requestCert', 'rejectUnauthorized'] as const)
      if (checked[rule] !== this[rule])
        throw invalid(
          `${this.#name}.${rule} cannot change from ${this[rule]} to ${checked[rule]}: give the whole set of options again, ca among them`,
        );
    const state = stateOfFiles(checked);
    const loaded = loadTls(this.#name, checked);
    requireDates(this.#name, loaded);
    this.#checked = checked;
    this.#use(state, loaded);
  }

  /** Reads files that have changed. Files that cannot be used change nothing, and are read again at the next look. */
  refresh(): void {
    const state = stateOfFiles(this.#checked);
    if (state === this.#state) {
      this.#failed = undefined;
      return;
    }
    try {
      const loaded = loadTls(this.#name, this.#checked);
      requireDates(this.#name, loaded);
      this.#use(state, loaded);
    } catch (error) {
      if (this.#failed?.state !== state) this.#failed = { state, error: toError(error), looks: 0 };
      this.#failed.looks += 1;
    }
  }

  /** Looks at the files from now on, until the returned function is called. */
  watch(watcher: TlsWatcher): () => void {
    this.#watchers.add(watcher);
    this.#timer ??= outsideContexts(() => setInterval(() => this.#look(), WATCH_MS).unref());
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(): void {
    this.refresh();
    if (this.#failed?.looks !== REPORTED_LOOK) return;
    for (const watcher of this.#watchers) watcher.onFailure(this.#failed.error);
  }

  #use(state: string, loaded: ReturnType<typeof loadTls>): void {
    this.#failed = undefined;
    this.#state = state;
    this.#loaded = loaded;
    for (const watcher of this.#watchers) watcher.onChange();
  }
}

function requireDates(name: string, { leaf }: ReturnType<typeof loadTls>): void {
  const fault = faultOfDates(leaf);
  if (fault !== undefined) throw new RpcError(RpcCode.Certificate, `the certificate of ${name} ${fault}`);
}
