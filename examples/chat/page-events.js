/** What happens for one page, in order, until the page leaves. */
export class PageEvents {
  #waiting = [];
  #wake = () => {};

  push(event) {
    this.#waiting.push(event);
    this.#wake();
  }

  async *until(signal) {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const event = this.#waiting.shift();
      if (event !== undefined) yield event;
      else
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
