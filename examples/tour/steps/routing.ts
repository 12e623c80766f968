import type { Demo } from '../demo.js';
import type { Said } from '../remote/chat/rooms.js';

const ROOMS = ['lobby', 'arena', 'market'];

/** Rooms live in the memory of a chat server, so all calls of one room have to go to the same server. */
export async function routing({ client, proxies, tally, report }: Demo): Promise<void> {
  client.route('chat', ({ room }: { room: string }) => choose('chat', room.charCodeAt(0)));
  client.route('test', ({ uid }: { uid: number }) => choose('test', uid));

  /** A router answers with the id of a server. */
  function choose(serverType: string, key: number): string {
    const servers = client.getServersByType(serverType);
    return servers[key % servers.length]?.id ?? '';
  }

  report.section('Routing: chat by room, test by uid');
  const { say } = proxies.user.chat.rooms;
  const used = new Set<string>();
  for (const room of ROOMS) {
    const first: Said = await tally.track(say({ room }, room, 'hello'));
    const second: Said = await tally.track(say({ room }, room, 'anybody there?'));
    report.line(room, `${second.serverId} has heard: ${second.messages.join(' / ')}`);
    report.expect(
      second.serverId === first.serverId,
      `${room} was on ${first.serverId} and then on ${second.serverId}`,
    );
    report.expect(second.messages.length === 2, `${room} heard ${second.messages.length} messages of 2`);
    used.add(first.serverId);
  }
  report.expect(used.size === 2, `all rooms are on ${[...used]}`);
}
