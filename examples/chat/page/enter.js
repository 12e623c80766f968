// What a page does with the servers, without the page itself: the scripted visitors do the same.

/** Asks the gate for a connector, and enters a room there. `createClient`: that of mailstation/browser. */
export async function enter(createClient, gateUrl, name, room) {
  const gate = createClient();
  gate.addServer({ id: 'gate-1', serverType: 'gate', url: gateUrl });
  await gate.start();
  const place = await gate.proxies.user.gate.entry.connector(null);
  await gate.stop();

  const client = createClient({ auth: name });
  client.addServer(place);
  await client.start();
  const { session } = client.proxies.user.connector;
  return {
    connector: place.id,
    events: () => session.events.stream(null, room),
    say: (text) => session.say(null, room, crypto.randomUUID(), text),
    leave: () => client.stop(true),
  };
}
