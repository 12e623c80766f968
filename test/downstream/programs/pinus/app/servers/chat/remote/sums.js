class Sums {
  memory;

  constructor(app) {
    this.app = app;
    this.name = 'sums';
  }

  async add(a, b) {
    return [a + b, this.app.getServerId()];
  }

  async fail(text) {
    throw new Error(text);
  }

  crash(text) {
    return Promise.reject(new Error(text));
  }

  async nothing() {}

  plain() {
    return 'plain';
  }

  silent() {
    return new Promise(() => {});
  }

  async echo(value) {
    return value;
  }

  async describe(...values) {
    return values.map((value) => `${Object.prototype.toString.call(value)} ${value}`);
  }

  async size(text) {
    return text.length;
  }

  async forbidden() {
    return 'done all the same';
  }

  async remember(value) {
    this.memory = value;
  }

  async remembered() {
    return this.memory;
  }
}

exports.default = (app) => new Sums(app);
