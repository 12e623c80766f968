// The master of the cluster. The agent and two workers are its children.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCluster } from 'egg';

const baseDir = dirname(fileURLToPath(import.meta.url));
await new Promise((resolve) => {
  const started = startCluster({ baseDir, workers: 2, framework: `${baseDir}/node_modules/egg` }, resolve);
  started?.then(resolve); // egg 4
});
console.log('the cluster is up');
