const AddressBook = require('./address-book');
const Directory = require('./directory');

/** Runs in the agent and in each worker: both kinds of clients, and a subscription of each. */
module.exports = (app) => {
  app.directory = app
    .cluster(Directory)
    .delegate('ring')
    .delegate('note', 'invokeOneway')
    .override('motto', () => `the motto in the ${app.type}`)
    .create({ region: 'north' });
  app.addressBook = new AddressBook({ cluster: app.cluster, region: 'south' });
  app.seen = { directory: [], addressBook: [] };
  for (const name of Object.keys(app.seen)) {
    app[name].subscribe({ dataId: 'ada' }, (value) => app.seen[name].push(value));
  }
  app.beforeStart(async () => {
    await app.directory.ready();
    await app.addressBook.ready();
  });
};
