const co = require('co');
const Base = require('sdk-base');
const { cluster } = require('mailstation');

/**
 * Client Example
 */
class YourClient extends Base {
  constructor(options) {
    super(options);

    this.options = options;
    this.subscribed = new Map();
    console.log('a real client is made, with', JSON.stringify(options));
    this.ready(true);
  }

  subscribe(reg, listener) {
    this.subscribed.set(reg, listener);
  }

  publish(reg) {
    for (const listener of this.subscribed.values()) listener(reg);
  }

  *getData(id) {
    return yield Promise.resolve(`data of ${id}`);
  }

  getDataCallback(id, cb) {
    setImmediate(cb, null, `data of ${id}, by callback`);
  }

  getDataPromise(id) {
    return Promise.resolve(`data of ${id}, by promise`);
  }
}

// create some client instances, but only one instance will connect to server
const client_1 = cluster(YourClient)
  .delegate('getData')
  .delegate('getDataCallback')
  .delegate('getDataPromise')
  .create({ foo: 'bar' });
const client_2 = cluster(YourClient)
  .delegate('getData')
  .delegate('getDataCallback')
  .delegate('getDataPromise')
  .create({ foo: 'bar' });
const client_3 = cluster(YourClient)
  .delegate('getData')
  .delegate('getDataCallback')
  .delegate('getDataPromise')
  .create({ foo: 'bar' });

// subscribe information
client_1.subscribe('some thing', (result) => tell('client 1 hears', result));
client_2.subscribe('some thing', (result) => tell('client 2 hears', result));
client_3.subscribe('some thing', (result) => tell('client 3 hears', result));

// publish data
client_2.publish('some data');

// invoke method
client_3.getDataCallback('some thing', (_err, val) => tell(val));
client_2.getDataPromise('some thing').then((val) => tell(val));

co(function* () {
  const ret = yield client_1.getData('some thing');
  tell(ret);
}).catch((err) => console.error(err));

// and when all of that has been told
let left = 6;
function tell(...what) {
  console.log(...what);
  left -= 1;
  if (left === 0) co(closeAll).catch((err) => console.error(err));
}

function* closeAll() {
  const clients = [client_1, client_2, client_3];
  console.log('leading:', clients.filter((client) => client.isClusterClientLeader).length);
  for (const client of clients.reverse()) yield cluster.close(client);
  console.log('closed');
}
