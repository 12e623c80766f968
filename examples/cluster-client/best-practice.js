const co = require('co');
const APIClient = require('./your-api-client');

co(function* () {
  const first = new APIClient({});
  yield first.ready();
  const second = new APIClient({});
  yield second.ready();
  console.log('leading:', first.isClusterClientLeader, second.isClusterClientLeader);

  // Each has a cache of its own; the DataClient behind them is one.
  console.log('first', yield first.getData('a'), yield first.getData('a'));
  console.log('second', yield second.getData('a'), yield second.getData('b'));
  console.log('first', yield first.getData('b'));

  const heard = [first, second].map((client) => {
    return new Promise((resolve) => client.subscribe({ dataId: 'news' }, resolve));
  });
  yield second.getData('c'); // behind its subscription on the same connection
  second.publish({ dataId: 'news', data: { text: 'hello' } });
  console.log('heard', yield heard);

  yield second.close();
  yield first.close();
  console.log('closed');
}).catch((err) => console.error(err));
