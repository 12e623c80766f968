import cluster, { APIClientBase, close } from 'cluster-client';

class DataClient {
  async get(key) {
    return `value of ${key}`;
  }
}

class ConfigClient extends APIClientBase {
  get DataClient() {
    return DataClient;
  }
  get clusterOptions() {
    return { singleMode: true };
  }
  color() {
    return this._client.get('color');
  }
}

const client = new ConfigClient();
console.log(await client.color());
await client.close();
const shared = cluster(DataClient, { singleMode: true }).create();
await close(shared);
