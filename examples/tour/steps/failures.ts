import { RpcCode } from 'mailstation';
import type { Demo } from '../demo.js';
import { expectFailure } from '../expect-failure.js';

/** A call that fails says by its code what happened, and by its delivery how far the request got. */
export async function failures(demo: Demo): Promise<void> {
  const { client, proxies } = demo;
  const { rooms, status } = proxies.user.chat;
  const lobby = { room: 'lobby' };
  demo.report.section('Failures');

  await expectFailure(demo, 'remote error', rooms.say(lobby, 'lobby', ''), [RpcCode.Remote, 'answered']);
  await expectFailure(demo, 'timeout', status.nap.with({ timeout: 100 })(lobby, 500), [RpcCode.Timeout, 'unknown']);

  const whisper = { namespace: 'user', serverType: 'chat', service: 'rooms', method: 'whisper', args: ['psst'] };
  await expectFailure(demo, 'wrong name', client.rpcInvoke('chat-1', whisper), [RpcCode.NoMethod, 'answered']);
}
