import { close, open } from 'node:fs';
import { devNull } from 'node:os';
import type { Logger } from '../diagnostics.js';
import { setTimeout } from '../timers.js';
import { descriptorAdvice } from '../transport/descriptors.js';

/** Pause between a connection and the probe after it. Unit: ms */
const SOON_MS = 50;

/**
 * Notices that a listening process has run out of file descriptors. Node does not report this: the system's connections are
 * accepted and closed at once, and no event comes. The probe opens a file, which fails for the same reason.
 */
export class DescriptorProbe {
  readonly #logger: Logger;
  readonly #where: string;
  readonly #open: typeof open;
  #isExhausted = false;
  #isProbing = false;
  #timer: NodeJS.Timeout | undefined;

  /** `where`: the listener, for the log. `openFile`: tests give another. */
  constructor(logger: Logger, where: string, openFile = open) {
    this.#logger = logger;
    this.#where = where;
    this.#open = openFile;
  }

  /** Probes in a moment. Called with each new connection, since a burst of connections may take all descriptors and be over soon. */
  probeSoon(): void {
    if (this.#isExhausted) return; // bursts that follow each other are one line
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.probe();
    }, SOON_MS).unref();
  }

  /** Opens a file, and logs when this fails for the first time, and when this works again. Called every few seconds. */
  probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#open(devNull, 'r', (error, fd) => {
      this.#isProbing = false;
      const advice = error === null ? undefined : descriptorAdvice(error);
      if (advice !== undefined && !this.#isExhausted)
        this.#logger.error(
          `mailstation: new connections to ${this.#where} are closed before they are served, since ${advice}`,
        );
      if (advice === undefined && this.#isExhausted)
        this.#logger.info(`mailstation: ${this.#where} accepts connections again, since file descriptors are free`);
      this.#isExhausted = advice !== undefined;
      if (error === null) close(fd, () => {});
    });
  }
}
