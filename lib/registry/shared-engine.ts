import type { Engine } from './engine.js';

/** Use of an engine that has other users in the process. */
export interface EngineUse {
  readonly engine: Engine;
  /** Ends the use; a second call does nothing. The engine is closed with its last use. */
  release(): Promise<void>;
}

/**
 * One engine for all users of a registry in the process: opened for the first, and closed after the last. A registry that no client,
 * server or election uses any more leaves nothing open.
 */
export class SharedEngine {
  readonly #open: () => Engine;
  #engine: Engine | undefined;
  #uses = 0;

  constructor(open: () => Engine) {
    this.#open = open;
  }

  use(): EngineUse {
    this.#engine ??= this.#open();
    this.#uses += 1;
    const engine = this.#engine;
    let isReleased = false;
    const release = async (): Promise<void> => {
      if (isReleased) return;
      isReleased = true;
      this.#uses -= 1;
      if (this.#uses > 0) return;
      this.#engine = undefined;
      await engine.close();
    };
    return { engine, release };
  }
}
