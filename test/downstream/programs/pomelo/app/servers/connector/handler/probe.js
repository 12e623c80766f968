const { outcome } = require('../../../../shared/outcome.cjs');

/** One call each, by name. The answer is what the callback got. */
const probes = {
  'a call by the route': (app, session, done) => app.rpc.chat.sums.add(session, 2, 3, done),
  'several results': (app, session, done) => app.rpc.chat.sums.divide(session, 17, 5, done),
  'an Error in the callback': (app, session, done) => app.rpc.chat.sums.fail(session, 'no such room', done),
  'the kind of an error': (app, session, done) =>
    app.rpc.chat.sums.fail(session, 'no such room', (error) => done(error instanceof Error, Object.keys(error))),
  'an Error that is thrown': (app, session, done) => app.rpc.chat.sums.crash(session, done),
  'an object in the place of the error': (app, session, done) => app.rpc.chat.sums.code(session, 403, done),
  'a string in the place of the error': (app, session, done) => app.rpc.chat.sums.word(session, done),
  'no result': (app, session, done) => app.rpc.chat.sums.nothing(session, done),
  'a method without an answer': (app, session, done) => app.rpc.chat.sums.silent(session, done),
  'nested values': (app, session, done) =>
    app.rpc.chat.sums.echo(session, { list: [1, null, 'é', { deep: [true] }], empty: '' }, done),
  'a Date': (app, session, done) => app.rpc.chat.sums.describe(session, new Date(0), done),
  'undefined as an argument': (app, session, done) => app.rpc.chat.sums.describe(session, undefined, done),
  '300 kB': (app, session, done) => app.rpc.chat.sums.size(session, 'x'.repeat(300_000), done),
  'toServer with an id': (app, _session, done) => app.rpc.chat.sums.add.toServer('chat-2', 4, 5, done),
  'toServer with a star': (app, _session, done) => app.rpc.chat.sums.add.toServer('*', 6, 7, done),
  'toServer with an unknown id': (app, _session, done) => app.rpc.chat.sums.add.toServer('chat-9', 1, 1, done),
  'a session of null': (app, _session, done) => app.rpc.chat.sums.add(null, 1, 1, done),
  'rpcInvoke without a server type': (app, _session, done) =>
    app.rpcInvoke('chat-1', { namespace: 'user', service: 'sums', method: 'add', args: [8, 9] }, done),
  'a method that does not exist': (app, _session, done) =>
    app.rpcInvoke('chat-1', { namespace: 'user', service: 'sums', method: 'multiply', args: [8, 9] }, done),
  'a service that does not exist': (app, _session, done) =>
    app.rpcInvoke('chat-1', { namespace: 'user', service: 'products', method: 'add', args: [8, 9] }, done),
  'a gate without a port': (app, _session, done) =>
    app.rpcInvoke('gate-1', { namespace: 'user', service: 'doors', method: 'open', args: [] }, done),
  'the own server': (app, _session, done) => app.rpc.connector.names.mine.toServer('connector-1', done),
  'a call that a filter refuses': (app, session, done) => app.rpc.chat.sums.forbidden(session, done),
  'a call without a callback': (app, session, done) => {
    app.rpc.chat.sums.remember(session, 'a cat', null);
    app.rpc.chat.sums.remembered(session, done);
  },
  'a call after replaceServers': (app, session, done) => {
    app.replaceServers({ ...app.getServers() });
    app.rpc.chat.sums.add(session, 10, 11, done);
  },
  'a call of a server that was removed': (app, _session, done) => {
    app.set('removed', app.getServerById('chat-2'));
    app.removeServers(['chat-2']);
    app.rpc.chat.sums.add.toServer('chat-2', 1, 1, done);
  },
  'a call of a server that was added again': (app, _session, done) => {
    app.addServers([app.get('removed')]);
    app.rpc.chat.sums.add.toServer('chat-2', 12, 13, done);
  },
  'names of the proxies': (app, _session, done) =>
    done(Object.keys(app.rpc), Object.keys(app.rpc.chat), Object.keys(app.rpc.chat.sums).sort()),
  'names of the system': (app, _session, done) =>
    done(Object.keys(app.sysrpc).sort(), Object.keys(app.sysrpc.connector).sort()),
  'proxies are plain objects': (app, _session, done) =>
    done(Object.hasOwn(app.rpc, 'chat'), Object.hasOwn(app.rpc.chat, 'bread'), `${app.rpc}`),
};

module.exports = (app) => ({
  names(_msg, _session, next) {
    next(null, Object.keys(probes));
  },
  async ask({ name }, session, next) {
    next(null, { got: await outcome((done) => probes[name](app, session, done)) });
  },
  filters(_msg, _session, next) {
    const { before, after } = app.get('calls');
    const methods = [...new Set([...Object.keys(before), 'doors.open'])].sort();
    next(
      null,
      methods.map((method) => [method, [before[method] ?? 0, after[method] ?? 0]]),
    );
  },
});
