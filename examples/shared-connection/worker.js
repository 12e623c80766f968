// One of n workers. All of them run the same code: which of them leads, they settle among themselves.
import cluster from 'node:cluster';
import { RegistryClient } from './registry-client.js';

const registry = new RegistryClient({
  clusterPort: Number(process.env.CLUSTER_PORT),
  registryPort: Number(process.env.REGISTRY_PORT),
});
registry.on('error', (error) => console.error('worker %d:', cluster.worker.id, error));
await registry.ready();

registry.publish('orders', `10.0.0.${cluster.worker.id}:7001`);
registry.subscribe('orders', (addresses) => {
  process.send({ addresses });
});

// For the story that main.js tells.
process.on('message', async (question) => {
  if (question === 'report') {
    const addresses = await registry.getAddresses('orders');
    process.send({ leads: registry.isClusterClientLeader, addresses });
    return;
  }
  await registry.close();
  process.disconnect(); // and the process ends, if nothing was left open
});
