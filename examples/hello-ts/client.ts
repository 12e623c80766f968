import { createClient } from 'mailstation';
import type { Remotes } from './remotes.js';

const client = createClient<Remotes>();
client.addProxy({ namespace: 'user', serverType: 'rooms' });
client.addServer({ id: 'rooms-1', serverType: 'rooms', port: Number(process.argv[2] ?? 3333) });
await client.start();

const { lobby } = client.proxies.user.rooms;
await lobby.join({ uid: 'ada' }, 'Ada');
const members = await lobby.join({ uid: 'bob' }, 'Bob'); // string[]
console.log(members.join(', '));
for await (const { name, letters } of lobby.list.stream({ uid: 'ada' })) console.log(name, letters);

await client.stop();
