import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type AcceptedSocket, acceptSocket } from '../../../lib/transport/socket-accept.js';
import { until } from '../../support/until.js';

/** Sockets of one server, each with the other end, which has written `early` before the socket was accepted. */
async function accepted(t: TestContext, count: number, accept = acceptSocket) {
  const made: AcceptedSocket[] = [];
  const fars: Socket[] = [];
  const server = createServer((socket) => {
    made.push(accept(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    for (const socket of [...fars, ...made.map((each) => each.socket)]) socket.destroy();
    server.close();
  });
  for (let i = 0; i < count; i++) {
    const far = connect(port, '127.0.0.1');
    far.write('early, ');
    fars.push(far);
    await until(() => made.length > i, { what: 'a connection' });
  }
  return { server, made, fars };
}

const withoutHandle = (socket: Socket): AcceptedSocket =>
  acceptSocket(new Proxy(socket, { get: (of, key) => (key === '_handle' ? undefined : Reflect.get(of, key)) }));

describe('acceptSocket', () => {
  it('has all sockets read into the same memory, which this release of Node allows', async (t) => {
    const { made, fars } = await accepted(t, 2);
    const memories = new Set<ArrayBufferLike>();
    for (const [i, { socket, reads }] of made.entries()) {
      let text = '';
      assert.ok(reads !== undefined);
      reads.open(socket, (chunk) => {
        text += chunk.toString();
        if (text.endsWith('late')) memories.add(chunk.buffer);
      });
      fars[i]?.write('late');
      await until(() => text === 'early, late', { what: 'all that was written, in order' });
    }
    assert.equal(memories.size, 1);
  });

  it('writes, pauses and ends as an accepted socket does', async (t) => {
    const { made, fars } = await accepted(t, 1);
    const [{ socket, reads }] = made as [AcceptedSocket];
    const [far] = fars as [Socket];
    assert.equal(socket.remotePort, far.localPort);
    let text = '';
    reads?.open(socket, (chunk) => {
      if (text === '') socket.pause();
      text += chunk.toString();
    });
    await until(() => text === 'early, ', { what: 'the first bytes' });
    far.end('last');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(text, 'early, ');
    const answered = once(far, 'data');
    socket.write('answer');
    assert.equal(String((await answered)[0]), 'answer');
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
    assert.equal(text, 'early, last');
  });

  it('leaves the server, which closes without it, and ends with its peer', async (t) => {
    const { server, made, fars } = await accepted(t, 1);
    const closed = once(server, 'close');
    server.close();
    await closed;
    const [{ socket, reads }] = made as [AcceptedSocket];
    reads?.open(socket, () => {});
    socket.on('error', () => {}); // ECONNRESET, which once() would reject with
    const gone = new Promise((resolve) => socket.once('close', resolve));
    fars[0]?.resetAndDestroy();
    await gone;
  });

  it('keeps the socket of a runtime that has no such handle', async (t) => {
    const { made, fars } = await accepted(t, 1, withoutHandle);
    const [{ socket, reads }] = made as [AcceptedSocket];
    assert.equal(reads, undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    fars[0]?.write('late');
    await until(() => text === 'early, late', { what: 'all that was written' });
  });
});
