// Speaks with the registry over one connection, and knows nothing of processes: this is what is shared. Only the process
// that leads makes one.
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';

export class DataClient extends EventEmitter {
  #socket;
  #listeners = new Map(); // service -> the listener that is called with its addresses
  #waiting = new Map(); // id -> what to do with the answer
  #lastId = 0;

  constructor({ registryPort }) {
    super();
    this.#socket = net.connect(registryPort, '127.0.0.1');
    this.#socket.on('error', (error) => this.emit('error', error));
    createInterface({ input: this.#socket })
      .on('line', (line) => this.#onMessage(JSON.parse(line)))
      .on('error', () => {}); // told above
  }

  /** Once a service, however many processes and listeners there are: the Leader shares what it hears. */
  subscribe({ service }, listener) {
    this.#listeners.set(service, listener);
    this.#send({ method: 'subscribe', service });
  }

  publish({ service, address }) {
    this.#send({ method: 'publish', service, address });
  }

  async getAddresses(service) {
    this.#lastId += 1;
    const id = this.#lastId;
    const { addresses } = await new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method: 'getAddresses', service });
    });
    return addresses;
  }

  async close() {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  #send(message) {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #onMessage(message) {
    if (message.id === undefined) return this.#listeners.get(message.service)?.(message.addresses);
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    answer?.(message);
  }
}
