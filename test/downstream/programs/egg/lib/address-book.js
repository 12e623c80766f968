const { APIClientBase } = require('cluster-client');
const Directory = require('./directory');

/** An API client in front of the directory, which each process makes for itself. */
module.exports = class AddressBook extends APIClientBase {
  get DataClient() {
    return Directory;
  }

  get delegates() {
    return { ring: 'invoke', note: 'invokeOneway' };
  }

  get clusterOptions() {
    return { name: 'address-book', responseTimeout: 1_000 };
  }

  subscribe(...args) {
    return this._client.subscribe(...args);
  }

  publish(...args) {
    return this._client.publish(...args);
  }

  motto() {
    return `the motto in front of ${this.options.region}`;
  }
};

for (const name of ['home', 'lookup', 'dial', 'ring', 'note', 'notesOf', 'fail', 'wait', 'pages', 'echo', 'since']) {
  module.exports.prototype[name] = function (...args) {
    return this._client[name](...args);
  };
}
