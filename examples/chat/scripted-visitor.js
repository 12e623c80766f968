import { once } from 'node:events';

/** A visitor for whom something takes longer has met a fault. Unit: ms */
const LIMIT_MS = 120_000;

/** A visitor.js process, as main.js follows it. */
export class ScriptedVisitor {
  #child;
  #waiting = new Set();
  /** What the visitor has told so far. */
  state = { messages: 0, hasSaidAll: false };

  static async start(processes, args) {
    const visitor = new ScriptedVisitor();
    const { child } = await processes.start('./visitor.js', args);
    visitor.#child = child;
    child.on('message', (news) => visitor.#onNews(news));
    child.once('exit', () => visitor.#onNews({ hasEnded: true }));
    return visitor;
  }

  /** Resolves when what the visitor has told fits. Rejects when the visitor ends before, or after two minutes. */
  async until(fits) {
    const limit = setTimeout(() => this.#onNews({ hasEnded: true }), LIMIT_MS);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.add({ fits, resolve, reject });
        this.#onNews({});
      });
    } finally {
      clearTimeout(limit);
    }
  }

  /** Has the visitor leave. Resolves to what it saw. */
  async leave() {
    this.#child.send('leave');
    const { seen } = await this.until((state) => state.seen !== undefined);
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return seen;
  }

  #onNews(news) {
    Object.assign(this.state, news);
    for (const one of this.#waiting) {
      if (one.fits(this.state)) one.resolve(this.state);
      else if (this.state.hasEnded)
        one.reject(new Error(`a visitor ended, or waited too long, after ${JSON.stringify(this.state)}`));
      else continue;
      this.#waiting.delete(one);
    }
  }
}
