import { fileURLToPath } from 'node:url';
import { createClient, createServer } from 'mailstation';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { welcome } from './welcome.js';

describe('with a server in the process of the test', () => {
  const server = createServer({
    id: 'rooms-1',
    serverType: 'rooms',
    port: 0, // the system chooses, so that tests can run side by side
    paths: [{ namespace: 'user', path: fileURLToPath(new URL('./remote/rooms', import.meta.url)) }],
    expectedErrors: ['E_FULL'], // a failure that a test provokes is no line in the log
    logger: { info() {}, warn: console.warn, error: console.error },
  });
  const client = createClient();

  beforeAll(async () => {
    await server.start();
    client.addProxy({ namespace: 'user', serverType: 'rooms' });
    client.addServer({ id: 'rooms-1', serverType: 'rooms', port: server.port });
    await client.start();
  });

  afterAll(async () => {
    await client.stop();
    await server.stop();
  });

  test('guests meet', async () => {
    expect(await welcome(client.proxies, 'Ada')).toBe('Ada is alone');
    expect(await welcome(client.proxies, 'Bob')).toBe('Bob meets Ada');
  });

  test('a full lobby refuses, with its own code as the cause', async () => {
    await expect(welcome(client.proxies, 'Cid')).rejects.toMatchObject({
      code: 'ERR_RPC_REMOTE',
      delivery: 'answered',
      cause: { code: 'E_FULL', message: 'no seat for Cid' },
    });
  });
});

test('without a server: an object in the place of the proxies', async () => {
  const join = vi.fn().mockResolvedValue(['Bob', 'Ada']);
  const proxies = { user: { rooms: { lobby: { join } } } };
  expect(await welcome(proxies, 'Ada')).toBe('Ada meets Bob');
  expect(join).toHaveBeenCalledWith({ uid: 'Ada' }, 'Ada');
});
