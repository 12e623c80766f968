import { RpcCode, type RpcMessage } from 'mailstation';
import type { Demo } from '../demo.js';
import { expectFailure } from '../expect-failure.js';
import type { Said } from '../remote/chat/rooms.js';
import { ms } from '../report.js';

/** Filters see every call of the client; these stay for the rest of the demo. */
export async function filters(demo: Demo): Promise<void> {
  const { client, proxies, tally, report } = demo;
  report.section('Filters');
  const { say } = proxies.user.chat.rooms;

  /** One in maintenance -> the one that stands in for it. A string sends the call there; nothing lets it go on. */
  const standIns = new Map<string, string>();
  client.before((serverId, _msg, _options, next) => next(standIns.get(serverId)));

  client.before(function politeness(_serverId: string, { args }: RpcMessage) {
    if (args.includes('damn')) throw new Error('mind your words');
  });

  const startedAt = new WeakMap<RpcMessage, number>();
  let last = 'nothing was timed';
  client.filter({
    name: 'stopwatch',
    before(_serverId, msg) {
      startedAt.set(msg, performance.now());
    },
    after(serverId, msg) {
      const took = performance.now() - (startedAt.get(msg) ?? Number.NaN);
      last = `${msg.service}.${msg.method} on ${serverId} took ${ms(took)}`;
    },
  });

  const lobby = { room: 'lobby' };
  const usual: Said = await tally.track(say(lobby, 'lobby', 'who serves?'));
  report.line('after', last);
  report.expect(last.startsWith(`rooms.say on ${usual.serverId} took `), `the after filter noted: ${last}`);

  const other = usual.serverId === 'chat-1' ? 'chat-2' : 'chat-1';
  standIns.set(usual.serverId, other);
  const moved: Said = await tally.track(say(lobby, 'lobby', 'and now?'));
  standIns.clear();
  report.line('before', `${usual.serverId} in maintenance: ${moved.serverId} stands in for it`);
  report.expect(moved.serverId === other, `the filter said ${other}, and ${moved.serverId} answered`);

  await expectFailure(demo, 'before (refused)', say(lobby, 'lobby', 'damn'), [RpcCode.Filter, 'not-sent']);
}
