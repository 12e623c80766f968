const { Controller } = require('egg');
const { ask } = require('../../lib/questions');

/** Each answer has the process id of the worker, so that the program knows when both have answered. */
module.exports = class Clients extends Controller {
  #client() {
    return this.app[this.ctx.query.client];
  }

  #answer(value) {
    this.ctx.body = { pid: process.pid, value };
  }

  async ask() {
    this.#answer(await ask(this.#client(), this.ctx.query.name));
  }

  async home() {
    const { app } = this;
    const home = await app.directory.home().catch((error) => ({ error: error.name }));
    this.#answer({ ...home, leads: [app.directory.isClusterClientLeader, app.addressBook.isClusterClientLeader] });
  }

  async note() {
    const client = this.#client();
    client.note(this.ctx.query.text);
    this.#answer(await client.notesOf());
  }

  async publish() {
    const { name, number } = this.ctx.query;
    this.#client().publish({ dataId: name, publishData: { number: Number(number) } });
    this.#answer('published');
  }

  async seen() {
    const { client, name } = this.ctx.query;
    this.#answer({ seen: this.app.seen[client].at(-1), found: (await this.app[client].lookup(name)) ?? null });
  }
};
