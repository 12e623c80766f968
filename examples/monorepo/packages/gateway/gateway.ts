import type { Rooms } from '@chat/rooms';
import { createClient } from 'mailstation';

/** Each service adds its own line. */
interface Remotes {
  user: { rooms: Rooms };
}

const client = createClient<Remotes>();
client.addProxy({ namespace: 'user', serverType: 'rooms' });
client.addServer({ id: 'rooms-1', serverType: 'rooms', port: Number(process.env.ROOMS_PORT ?? 3333) });
await client.start();

const { lobby } = client.proxies.user.rooms;
await lobby.say({ uid: 'ada' }, 'Ada', 'hello');
const count = await lobby.say({ uid: 'bob' }, 'Bob', 'good day');
for (const { from, text } of await lobby.last({ uid: 'ada' }, count)) console.log(`${from}: ${text}`);

await client.stop();
