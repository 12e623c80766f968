const { once } = require('node:events');

/** Waiting time for an answer or a push. */
const PATIENCE_MS = 8_000;

/** A client of hybridconnector, over WebSocket. */
module.exports = class Guest {
  #protocol;
  #send;
  #end;
  #nextId = 1;
  #answers = new Map();
  #pushes = [];
  #waiting = [];
  #onHandshake;

  /** Resolves with the reason when the server kicks this guest. */
  kicked = new Promise((resolve) => {
    this.kick = resolve;
  });

  constructor(protocol) {
    this.#protocol = protocol;
  }

  /** Connects with the package ws that the framework has, and resolves after the handshake. */
  static async connect(protocol, port, WebSocket) {
    const guest = new Guest(protocol);
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'open');
    socket.on('message', (bytes) => guest.#receive(Buffer.from(bytes)));
    guest.closed = once(socket, 'close');
    guest.#end = () => socket.close();
    await guest.#shakeHands((bytes) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
    });
    return guest;
  }

  /** Resolves with the answer, or with a text when none comes. */
  request(route, body = {}) {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('no answer'), PATIENCE_MS);
      this.#answers.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#write(id, this.#protocol.Message.TYPE_REQUEST, route, body);
    });
  }

  notify(route, body = {}) {
    this.#write(0, this.#protocol.Message.TYPE_NOTIFY, route, body);
  }

  /** Resolves with the next push of a route, or with a text when none comes. */
  push(route) {
    const index = this.#pushes.findIndex((push) => push.route === route);
    if (index >= 0) return Promise.resolve(this.#pushes.splice(index, 1)[0].body);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('no push'), PATIENCE_MS);
      this.#waiting.push({ route, resolve, timer });
    });
  }

  close() {
    this.#end();
    return this.closed;
  }

  async #shakeHands(send) {
    const { Package } = this.#protocol;
    this.#send = (type, bytes) => send(Buffer.from(Package.encode(type, bytes)));
    const answered = new Promise((resolve, reject) => {
      this.#onHandshake = resolve;
      setTimeout(() => reject(new Error('no answer to the handshake')), PATIENCE_MS).unref();
    });
    this.#send(Package.TYPE_HANDSHAKE, json({ sys: { type: 'guest', version: '1' } }));
    await answered;
    this.#send(Package.TYPE_HANDSHAKE_ACK);
  }

  #write(id, type, route, body) {
    const { Message, Package } = this.#protocol;
    this.#send(Package.TYPE_DATA, Buffer.from(Message.encode(id, type, false, route, json(body))));
  }

  #receive(bytes) {
    const { Package } = this.#protocol;
    for (const { type, body } of [Package.decode(bytes)].flat()) {
      if (type === Package.TYPE_HANDSHAKE) this.#onHandshake();
      if (type === Package.TYPE_HEARTBEAT) this.#send(Package.TYPE_HEARTBEAT);
      if (type === Package.TYPE_KICK) this.kick(parse(body).reason);
      if (type === Package.TYPE_DATA) this.#deliver(this.#protocol.Message.decode(body));
    }
  }

  #deliver({ id, route, body }) {
    const value = parse(body);
    if (id) {
      this.#answers.get(id)?.(value);
      this.#answers.delete(id);
      return;
    }
    const index = this.#waiting.findIndex((waiting) => waiting.route === route);
    if (index < 0) {
      this.#pushes.push({ route, body: value });
      return;
    }
    const [{ resolve, timer }] = this.#waiting.splice(index, 1);
    clearTimeout(timer);
    resolve(value);
  }
};

const json = (value) => Buffer.from(JSON.stringify(value));
const parse = (bytes) => JSON.parse(Buffer.from(bytes).toString());
