// The process that calls, and loads each entry of the package: prints a line for each thing that went well.
import { createClient, RpcError } from 'mailstation';
import * as browser from 'mailstation/browser';
import cluster from 'mailstation/cluster-client';
import { createDashboard } from 'mailstation/dashboard';
import { etcd } from 'mailstation/etcd';
import { createMetrics } from 'mailstation/metrics';
import { instrument } from 'mailstation/otel';
import * as pinus from 'mailstation/pinus-rpc';
import * as pomelo from 'mailstation/pomelo-rpc';

const client = createClient();
client.addProxies([{ namespace: 'user', serverType: 'math' }]);
client.addServers([{ id: 'math-1', serverType: 'math', host: '127.0.0.1', port: Number(process.argv[2]) }]);
await client.start();
const { sums } = client.proxies.user.math;

console.log(`a call: ${await sums.add(null, 1, 2)}`);
const items = [];
for await (const item of sums.upTo.stream(null, 3)) items.push(item);
console.log(`a stream: ${items}`);
const error = await sums.fail(null).catch((error) => error);
console.log(`an error: ${error instanceof RpcError} ${error.code} ${error.cause.name}`);

const metrics = createMetrics({ clients: [client] });
console.log(`mailstation/metrics: ${/^mailstation_info\{.*\} 1$/m.test(metrics.text().body)}`);
metrics.close();
await client.stop();

console.log(`mailstation/browser: ${typeof browser.createClient}`);
console.log(`mailstation/cluster-client: ${typeof cluster}`);
console.log(`mailstation/dashboard: ${typeof createDashboard}`);
console.log(`mailstation/etcd: ${typeof etcd}`);
console.log(`mailstation/otel: ${typeof instrument}`);
console.log(`mailstation/pinus-rpc: ${typeof pinus.createClient}`);
console.log(`mailstation/pomelo-rpc: ${typeof pomelo.client.create}`);
