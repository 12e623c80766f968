// A process with a client of Nacos' configurations. It does what its parent asks, and answers.
const { NacosConfigClient } = require('nacos');
const { settled } = require('./shared/outcome.cjs');

const client = new NacosConfigClient({
  serverAddr: process.env.CONFIG_SERVER,
  cacheDir: process.env.CACHE_FOLDER,
  requestTimeout: 1_000,
});
const seen = [];
client.on('error', () => {});
client.subscribe({ dataId: 'tariff', group: 'shop' }, (value) => seen.push(value));

const requests = {
  ready: () => client.ready(),
  leads: async () => client._client.isClusterClientLeader ?? client.isClusterClientLeader,
  publish: (...args) => client.publishSingle(...args),
  get: (...args) => client.getConfig(...args),
  remove: (...args) => client.remove(...args),
  seen: async () => seen.at(-1),
};

process.on('message', async ({ id, name, args }) => {
  process.send({ id, answer: await settled(async () => requests[name](...args), 8_000) });
});
