const { appendFileSync } = require('node:fs');
const path = require('node:path');
const sdkBase = require('sdk-base');

/** sdk-base 4 exports the class itself, and sdk-base 5 by its name. */
const Base = sdkBase.Base ?? sdkBase;

/** The client that is shared: it knows numbers by name, in the memory of its process. */
module.exports = class Directory extends Base {
  constructor(options) {
    super({ ...options, initMethod: '_init' });
    this.numbers = new Map();
    this.notes = [];
  }

  async _init() {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  subscribe({ dataId }, listener) {
    this.on(dataId, listener);
    if (this.numbers.has(dataId)) listener(this.numbers.get(dataId));
  }

  unSubscribe({ dataId }, listener) {
    if (listener) this.off(dataId, listener);
    else this.removeAllListeners(dataId);
  }

  publish({ dataId, publishData }) {
    this.numbers.set(dataId, publishData);
    this.emit(dataId, publishData);
  }

  async home() {
    return { pid: process.pid, region: this.options.region };
  }

  async lookup(name) {
    return this.numbers.get(name);
  }

  *dial(first, second) {
    const sum = yield Promise.resolve(first + second);
    return sum;
  }

  ring(times, callback) {
    setImmediate(() => callback(null, 'ring '.repeat(times).trim()));
  }

  motto() {
    return 'the motto of the client';
  }

  note(text) {
    this.notes.push(text);
  }

  async notesOf() {
    return this.notes;
  }

  async fail(name) {
    const error = new TypeError(`${name} has no number`);
    error.code = 'ENUMBER';
    error.number = 13;
    throw error;
  }

  async wait(milliseconds) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return 'waited';
  }

  async pages(count) {
    return 'p'.repeat(count);
  }

  async echo(...values) {
    return values;
  }

  async since() {
    return new Date(0);
  }

  close() {
    appendFileSync(path.join(__dirname, '../logs/closed.txt'), `${this.options.region}\n`);
  }
};
