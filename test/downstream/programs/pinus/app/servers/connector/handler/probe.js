const { outcome, settled } = require('../../../../shared/outcome.cjs');

/** One call each, by name. The answer is what the promise or the callback got. */
const probes = {
  'a call by the route': (sums, session) => sums.add(session, 2, 3),
  'a call by route()': (sums, session) => sums.add.route(session)(2, 4),
  'a call by defaultRoute()': (sums) => sums.add.defaultRoute(2, 5),
  'a notification by route()': async (sums, session) => {
    const notify = true;
    const answer = await sums.remember.route(session, notify)('a cat');
    return [answer, await sums.remembered(session)];
  },
  'an Error that is thrown': (sums, session) => sums.crash(session, 'the barrel is empty'),
  'an Error that is rejected': (sums, session) => sums.fail(session, 'no such room'),
  'the kind of an error': (sums, session) =>
    sums.fail(session, 'no such room').catch((error) => [error instanceof Error, Object.keys(error)]),
  'no result': (sums, session) => sums.nothing(session),
  'a result without a promise': (sums, session) => sums.plain(session),
  'a method without an answer': (sums, session) => sums.silent(session),
  'nested values': (sums, session) => sums.echo(session, { list: [1, null, 'é', { deep: [true] }], empty: '' }),
  'a Date': (sums, session) => sums.describe(session, new Date(0)),
  'undefined as an argument': (sums, session) => sums.describe(session, undefined),
  'null as the last argument': (sums, session) => sums.describe(session, null),
  '300 kB': (sums, session) => sums.size(session, 'x'.repeat(300_000)),
  'toServer with an id': (sums) => sums.add.toServer('chat-2', 4, 5),
  'to() with an id': (sums) => sums.add.to('chat-2')(4, 6),
  'toServer with a star': (sums) => sums.add.toServer('*', 6, 7),
  'broadcast()': (sums) => sums.add.broadcast(6, 8),
  'toServer with an unknown id': (sums) => sums.add.toServer('chat-9', 1, 1),
  'a session of null': (sums) => sums.add(null, 1, 1),
  'the own server': (_sums, _session, app) => app.rpc.connector.names.mine.toServer('connector-1'),
  'a call that a filter refuses': (sums, session) => sums.forbidden(session),
  'a call after replaceServers': (_sums, session, app) => {
    app.replaceServers({ ...app.getServers() });
    return app.rpc.chat.sums.add(session, 10, 11);
  },
  'a call of a server that was removed': (sums, _session, app) => {
    app.set('removed', app.getServerById('chat-2'));
    app.removeServers(['chat-2']);
    return sums.add.toServer('chat-2', 1, 1);
  },
  'a call of a server that was added again': (sums, _session, app) => {
    app.addServers([app.get('removed')]);
    return sums.add.toServer('chat-2', 12, 13);
  },
  'names of the proxies': async (sums, _session, app) => [
    Object.keys(app.rpc),
    Object.keys(app.rpc.chat).sort(),
    Object.keys(sums).sort(),
  ],
  'names of the system': async (_sums, _session, app) => [
    Object.keys(app.sysrpc).sort(),
    Object.keys(app.sysrpc.connector).sort(),
  ],
};

const invocation = (service, method) => ({ namespace: 'user', service, method, args: [8, 9] });

/** Calls of `rpcInvoke`, by name: server and message. */
const invocations = {
  'rpcInvoke without a server type': ['chat-1', invocation('sums', 'add')],
  'a method that does not exist': ['chat-1', invocation('sums', 'multiply')],
  'a service that does not exist': ['chat-1', invocation('products', 'add')],
  'a gate without a port': ['gate-1', invocation('doors', 'open')],
};

class Probe {
  constructor(app) {
    this.app = app;
    this.name = 'probe';
  }

  async names() {
    return [...Object.keys(probes), ...Object.keys(invocations)];
  }

  async ask({ name }, session) {
    const { app } = this;
    if (name in invocations) return { got: await outcome((done) => app.rpcInvoke(...invocations[name], done)) };
    return { got: await settled(() => probes[name](app.rpc.chat.sums, session, app)) };
  }

  async filters() {
    const { before, after } = this.app.get('calls');
    const methods = [...new Set([...Object.keys(before), 'doors.open'])].sort();
    return methods.map((method) => [method, [before[method] ?? 0, after[method] ?? 0]]);
  }
}

exports.default = (app) => new Probe(app);
