import { setTimeout } from 'node:timers/promises';
import { createClient } from 'mailstation';
import { ScriptedVisitor } from './scripted-visitor.js';

const ROOM = 'lobby';
const NAMES = ['Ada', 'Bob'];
/** Time between two messages of a visitor, and time that the chat server is away, the start of its process apart. Unit: ms */
const [PAUSE_MS, AWAY_MS] = [60, 500];

/** The id of the chat server that has the room, as the connectors choose it. */
async function serverOf(room, chatServers) {
  const client = createClient({ routerType: 'ch', hashFieldIndex: 0 });
  client.addServers(chatServers.map(({ place }) => place));
  await client.start();
  const id = await client.whichServer('chat', null, room);
  await client.stop();
  return id;
}

/** Two visitors say so many things each, and the chat server of their room is killed meanwhile. Returns what did not hold. */
export async function story({ processes, gate, chatServers, startChatServer }, words) {
  const { url, origin } = gate.place;
  const visitors = await Promise.all(
    NAMES.map((name) => ScriptedVisitor.start(processes, [name, ROOM, url, origin, words, PAUSE_MS])),
  );
  await Promise.all(visitors.map((visitor) => visitor.until(({ online }) => online?.length === NAMES.length)));
  console.log(`${NAMES.join(' and ')} have entered ${ROOM}, and each sees both online`);

  await visitors[0].until(({ messages }) => messages >= words / 2);
  const id = await serverOf(ROOM, chatServers);
  const { child, place } = chatServers.find((server) => server.place.id === id);
  console.log(`${id} has ${ROOM}. It is killed in the middle of the talk (SIGKILL to process ${child.pid})`);
  child.kill('SIGKILL');
  await setTimeout(AWAY_MS);
  const again = await startChatServer(id, place.port);
  console.log(`${id} is started again, as process ${again.child.pid}`);

  await Promise.all(visitors.map((visitor) => visitor.until(({ hasSaidAll }) => hasSaidAll)));
  await Promise.all(visitors.map((visitor) => visitor.until(({ messages }) => messages >= words * NAMES.length)));
  const all = await Promise.all(visitors.map((visitor) => visitor.leave()));
  return all.flatMap((seen) => tell(seen, words));
}

/** Prints what one visitor saw. Returns what did not hold, in words. */
function tell({ name, connector, messages, servers, away, failed, longestWait }, words) {
  console.log(`\n${name}, by ${connector}`);
  console.log(
    `  said ${words}, of which ${failed.length} failed; the longest wait for an answer was ${longestWait} ms`,
  );
  console.log(`  saw ${messages.length} messages; the chat server went away ${away.length} times (${away.join(', ')})`);
  const wrong = [];
  const isOrdered = messages.every(({ number }, index) => number === index + 1);
  if (!isOrdered) wrong.push(`${name} saw the messages ${messages.map(({ number }) => number).join(' ')}`);
  for (const speaker of NAMES) {
    const own = messages.filter(({ text }) => text.startsWith(`${speaker} `)).map(({ text }) => text);
    const wanted = Array.from({ length: words }, (_, index) => `${speaker} ${index + 1}`);
    if (own.join() !== wanted.join()) wrong.push(`${name} saw of ${speaker}: ${own.join(', ')}`);
  }
  if (failed.length > 0) wrong.push(`${name} could not say: ${failed.join('; ')}`);
  if (away.length === 0 || servers.length < 2) wrong.push(`${name} did not notice that the chat server was away`);
  if (wrong.length === 0) console.log('  each message once, in the order in which it was said');
  return wrong;
}
