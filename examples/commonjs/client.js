const { createClient } = require('mailstation');

async function main() {
  const client = createClient();
  client.addProxy({ namespace: 'user', serverType: 'rooms' });
  client.addServer({ id: 'rooms-1', serverType: 'rooms', port: Number(process.argv[2] ?? 3333) });
  await client.start();

  const { lobby } = client.proxies.user.rooms;
  lobby.join(null, 'Ada', (error, members) => {
    console.log(error ?? `by a callback: ${members.join(', ')}`);
  });
  console.log(`by a promise: ${(await lobby.join(null, 'Bob')).join(', ')}`);

  await client.stop();
}

main();
