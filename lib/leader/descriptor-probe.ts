import { close, open } from 'node:fs';
import { devNull } from 'node:os';
import type { Logger } from '../diagnostics.js';
import { descriptorAdvice } from '../transport/descriptors.js';

/**
 * Notices that a listening process has run out of file descriptors. Node does not report this: the system's connections are
 * accepted and closed at once, and no event comes. The probe opens a file, which fails for the same reason.
 */
export class DescriptorProbe {
  readonly #logger: Logger;
  #isExhausted = false;
  #isProbing = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Opens a file, and logs when this fails for the first time, and when this works again. */
  probe(where: string): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    open(devNull, 'r', (error, fd) => {
      this.#isProbing = false;
      const advice = error === null ? undefined : descriptorAdvice(error);
      if (advice !== undefined && !this.#isExhausted)
        this.#logger.error(
          `mailstation: new connections to ${where} are closed before they are served, since ${advice}`,
        );
      if (advice === undefined && this.#isExhausted)
        this.#logger.info(`mailstation: ${where} accepts connections again, since file descriptors are free`);
      this.#isExhausted = advice !== undefined;
      if (error === null) close(fd, () => {});
    });
  }
}
