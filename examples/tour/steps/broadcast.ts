import { type Outcome, RpcCode } from 'mailstation';
import type { Demo } from '../demo.js';

/** To all servers of a type; one that cannot be reached takes nothing from the others. */
export async function broadcast({ client, proxies, roster, tally, report }: Demo): Promise<void> {
  report.section("Broadcast: user.chat.status.describe.toServer('*')");
  const nobody = { id: 'chat-9', serverType: 'chat', host: '127.0.0.1', port: 1 };
  client.addServer(nobody);
  const { describe } = proxies.user.chat.status;
  const outcomes: Outcome<{ pid: number; megabytes: number }>[] = await tally.track(
    describe.with({ timeout: 500 }).toServer('*'),
  );
  client.removeServer(nobody.id);

  for (const { serverId, status, value, reason } of outcomes) {
    if (status === 'fulfilled') report.line(serverId, `process ${value.pid}, ${value.megabytes} MB`);
    else report.line(serverId, `${reason.code} (${reason.delivery})`);
    if (serverId === nobody.id) {
      report.expect(reason?.code === RpcCode.Connect && reason.delivery === 'not-sent', `${serverId} ended otherwise`);
    } else {
      const server = roster.find(({ id }) => id === serverId);
      report.expect(value?.pid === server?.pid, `${serverId} should be process ${server?.pid}`);
    }
  }
  report.expect(outcomes.length === 3, `${outcomes.length} outcomes for 3 servers`);
}
