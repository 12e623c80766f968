// client.js
import { createClient } from 'mailstation';

const client = createClient();
client.addProxies([{ namespace: 'user', serverType: 'test' }]);
client.addServers([{ id: 'test-server-1', serverType: 'test', host: '127.0.0.1', port: 3333 }]);
await client.start();

const routeParam = { uid: 'ada' }; // for the router: calls of one uid go to one server. null: the servers take turns
const sum = await client.proxies.user.test.module1.func1(routeParam, 1, 2);
console.log(sum); // 3

await client.stop();
