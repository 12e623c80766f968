import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { dialSocket } from '../../../lib/transport/socket-dial.js';
import { SocketReads } from '../../../lib/transport/socket-reads.js';
import { until } from '../../support/until.js';

/** A dialled socket, whose peer is `far`. */
async function dialled(t: TestContext, onConnection: (far: Socket) => void = () => {}) {
  const server = createServer((far) => {
    far.on('error', () => {});
    onConnection(far);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reads = new SocketReads('dialled');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const socket = await dialSocket({ host: '127.0.0.1', port, onread: reads.onread }, new AbortController().signal);
  const [far] = (await accepted) as [Socket];
  t.after(() => {
    for (const each of [socket, far]) each.destroy();
    server.close();
  });
  return { reads, socket, far };
}

describe('SocketReads', () => {
  it('hand on what came before they were opened, and then the rest, in order', async (t) => {
    const { reads, socket, far } = await dialled(t, (peer) => peer.write('early, '));
    // Readings stop with the first one.
    await until(() => (socket.bytesRead > 0 ? true : undefined), { what: 'bytes that come early' });
    far.write('later, ');
    let text = '';
    reads.open(socket, (chunk) => {
      text += chunk.toString();
    });
    assert.equal(text, '', 'nothing comes before open() has returned');
    far.end('last');
    await once(socket, 'close');
    assert.equal(text, 'early, later, last');
  });

  it('stay paused where what came before they were opened is a reason to pause', async (t) => {
    const { reads, socket, far } = await dialled(t, (peer) => peer.write('early, '));
    await until(() => (socket.bytesRead > 0 ? true : undefined), { what: 'bytes that come early' });
    let text = '';
    reads.open(socket, (chunk) => {
      if (text === '') socket.pause();
      text += chunk.toString();
    });
    await until(() => text === 'early, ', { what: 'the early bytes' });
    far.write('later');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(text, 'early, ');
    socket.resume();
    await until(() => text === 'early, later', { what: 'the rest' });
  });

  it('read all sockets of the process into the same memory', async (t) => {
    const [one, two] = await Promise.all([dialled(t), dialled(t)]);
    const memories = new Set<ArrayBufferLike>();
    const texts: string[] = [];
    for (const { reads, socket, far } of [one, two, one, two]) {
      reads.open(socket, (chunk) => {
        memories.add(chunk.buffer);
        texts.push(chunk.toString());
      });
      far.write('some');
      const expected = texts.length + 1;
      await until(() => (texts.length === expected ? true : undefined), { what: 'what the peer has written' });
    }
    assert.deepEqual(texts, ['some', 'some', 'some', 'some']);
    assert.equal(memories.size, 1);
  });

  it('stop while the socket is paused', async (t) => {
    const { reads, socket, far } = await dialled(t);
    let text = '';
    reads.open(socket, (chunk) => {
      text += chunk.toString();
      socket.pause();
    });
    far.write('a');
    await until(() => (text === 'a' ? true : undefined), { what: 'the first bytes' });
    far.write('b');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(text, 'a');
    socket.resume();
    await until(() => (text === 'ab' ? true : undefined), { what: 'the rest' });
  });
});
