const Base = require('sdk-base');

class DataClient extends Base {
  constructor(options) {
    super(options);
    this.subscribed = new Map();
    this.asked = 0;
    this.ready(true);
  }

  subscribe(info, listener) {
    // subscribe data from server
    this.subscribed.set(info.dataId, listener);
  }

  publish(info) {
    // publish data to server
    const listener = this.subscribed.get(info.dataId);
    if (listener) listener(info.data);
  }

  *getData(id) {
    // asynchronous API
    this.asked += 1;
    return yield Promise.resolve({ id, asked: this.asked });
  }
}

module.exports = DataClient;
