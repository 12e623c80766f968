import { createClient, type MailStationEvents, type Outcome, RpcCode, RpcError } from 'mailstation/browser';

interface Remotes {
  user: { gate: { rooms: { join(room: string): Promise<{ readonly members: number }> } } };
}

const client = createClient<Remotes>({ auth: () => localStorage.getItem('token') ?? '', failMode: 'failover' });
client.addServer({ id: 'gate-1', serverType: 'gate', url: new URL('/rpc', location.href).href });
client.on('mailbox', (...[id, to]: MailStationEvents['mailbox']) => document.body.append(id, to));

const joined = client.proxies.user.gate.rooms.join(null, 'lobby');
// @ts-expect-error a wrong argument is a compile error
client.proxies.user.gate.rooms.join(null, 5);
// @ts-expect-error a page has no unix sockets
createClient({ share: true });

const isLate = (error: unknown): boolean => error instanceof RpcError && error.code === RpcCode.Timeout;
export const all: { members: Promise<number>; outcomes: Outcome<number>[]; isLate: typeof isLate } = {
  members: joined.then(({ members }) => members),
  outcomes: [],
  isLate,
};
