const { settled } = require('../shared/outcome.cjs');

/** What both clients are asked, in a worker and in single mode, by name. */
exports.questions = {
  'the region': async (client) => (await client.home()).region,
  'an own method': (client) => client.motto(),
  'a method with a callback': (client) => new Promise((resolve) => client.ring(2, (...args) => resolve(args))),
  'a generator': async (client) => run(client.dial(4, 5)),
  'an error': async (client) =>
    client.fail('eve').catch((error) => [error.name, error.message, error.code, error instanceof Error]),
  'fields of an error': async (client) => client.fail('eve').catch((error) => error.number),
  '2 MB': async (client) => (await client.pages(2_000_000)).length,
  'several values': (client) => client.echo(1, null, 'é', { deep: [true] }),
  undefined: async (client) => (await client.echo(undefined)).map((value) => typeof value),
  'a Date': async (client) => Object.prototype.toString.call(await client.since()),
  'a Buffer': async (client) => (await client.echo(Buffer.from('bytes')))[0].toString(),
  'an answer after 1.5 s': async (client) => client.wait(1_500).catch((error) => error.name),
};

/** The value of a generator method: what a shared client gives is a generator too, which yields a thunk or a promise. */
async function run(value) {
  if (typeof value?.next !== 'function') return value;
  const { value: step } = value.next();
  const isThunk = typeof step === 'function';
  const thunk = isThunk ? step : (callback) => step.then((answer) => callback(null, answer), callback);
  const result = await new Promise((resolve, reject) =>
    thunk((error, answer) => (error ? reject(error) : resolve(answer))),
  );
  return value.next(result).value;
}

exports.ask = (client, name) => settled(() => exports.questions[name](client), 20_000);
