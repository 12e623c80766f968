import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

interface AddressRecord {
  readonly address: string;
  /** Unit: s */
  readonly ttl?: number;
}

interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

/** Records of one name; a list that is missing is an answer without records. */
export interface Zone {
  A?: readonly AddressRecord[];
  AAAA?: readonly AddressRecord[];
  SRV?: readonly ServiceRecord[];
}

const TYPES: Readonly<Record<number, keyof Zone>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };
const NUMBERS = { A: 1, AAAA: 28, SRV: 33 } as const;

/** Codes of RFC 1035. */
export const RCODE = { serverFailure: 2, noSuchName: 3, refused: 5 } as const;

/** A name server on loopback that answers from a table. */
export class NameServer {
  /** By name, in lower case. A name that is missing does not exist. */
  readonly zones = new Map<string, Zone>();
  /** Questions that came, as `A chat.example`. */
  readonly asked: string[] = [];
  /** Code of every answer; undefined: the records. */
  rcode: number | undefined;
  /** No question is answered. */
  isSilent = false;
  readonly #socket: Socket = createSocket('udp4');

  static async start(t: Pick<TestContext, 'after'>): Promise<NameServer> {
    const server = new NameServer();
    server.#socket.on('message', (message, { port, address }) => {
      const answer = server.#answer(message);
      if (answer !== undefined) server.#socket.send(answer, port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    t.after(() => server.#socket.close());
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  #answer(message: Buffer): Buffer | undefined {
    const { name, end } = readName(message, 12);
    const type = TYPES[message.readUInt16BE(end)];
    if (type === undefined) return undefined;
    this.asked.push(`${type} ${name}`);
    if (this.isSilent) return undefined;
    const zone = this.zones.get(name.toLowerCase());
    const rcode = this.rcode ?? (zone === undefined ? RCODE.noSuchName : 0);
    const records = rcode === 0 ? bodies(type, zone) : [];
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | rcode, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const answers = records.map(({ ttl, body }) => {
      const fixed = Buffer.alloc(12);
      fixed.writeUInt16BE(0xc00c, 0); // the name of the question
      fixed.writeUInt16BE(NUMBERS[type], 2);
      fixed.writeUInt16BE(1, 4);
      fixed.writeUInt32BE(ttl, 6);
      fixed.writeUInt16BE(body.length, 10);
      return Buffer.concat([fixed, body]);
    });
    return Buffer.concat([head, message.subarray(12, end + 4), ...answers]);
  }
}

function bodies(type: keyof Zone, zone: Zone | undefined): { ttl: number; body: Buffer }[] {
  if (type === 'SRV') {
    return (zone?.SRV ?? []).map(({ name, port, priority = 0, weight = 0 }) => {
      const numbers = Buffer.alloc(6);
      numbers.writeUInt16BE(priority, 0);
      numbers.writeUInt16BE(weight, 2);
      numbers.writeUInt16BE(port, 4);
      return { ttl: 5, body: Buffer.concat([numbers, writeName(name)]) };
    });
  }
  return (zone?.[type] ?? []).map(({ address, ttl = 5 }) => ({
    ttl,
    body: type === 'A' ? Buffer.from(address.split('.').map(Number)) : ipv6(address),
  }));
}

/** Eight groups, without `::`. */
function ipv6(address: string): Buffer {
  const body = Buffer.alloc(16);
  for (const [at, group] of address.split(':').entries()) body.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  return body;
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 1 };
}
