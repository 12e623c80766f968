import { createRequire } from 'node:module';

const HEADER_BYTES = 24;
const AT_TIMEOUT = 12;
const AT_HEAD_BYTES = 16;
const AT_BODY_BYTES = 20;
const TIMEOUT_STEP_MS = 5_000;

const { encode, decode } = createRequire(import.meta.url)('serialize-json') as {
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): unknown;
};

/** The text that stands for a message of more than one word: messages may be reworded, and may name ports. */
const MESSAGE = '...';

/**
 * The same packet without what differs from run to run, or from release to release: what is left of the time, process ids,
 * machines, ports, generations, nonces and proofs, the version of the package, milliseconds that were measured, and the wording of messages. All else is as sent.
 */
export function steady(packet: Buffer): Buffer {
  const bodyStart = HEADER_BYTES + packet.readUInt32BE(AT_HEAD_BYTES);
  const head = Buffer.from(steadyHead(packet.toString('utf8', HEADER_BYTES, bodyStart)));
  const body = steadyBody(packet.subarray(bodyStart));
  const header = Buffer.from(packet.subarray(0, HEADER_BYTES));
  const timeout = packet.readUInt32BE(AT_TIMEOUT);
  // To the nearest step: a registration is given the time for which its own event loop was blocked.
  if (timeout > 1)
    header.writeUInt32BE(Math.max(1, Math.round(timeout / TIMEOUT_STEP_MS)) * TIMEOUT_STEP_MS, AT_TIMEOUT);
  header.writeUInt32BE(head.length, AT_HEAD_BYTES);
  header.writeUInt32BE(body.length, AT_BODY_BYTES);
  return Buffer.concat([header, head, body]);
}

function steadyHead(head: string): string {
  return head
    .replaceAll(/"(pid|port)":\d+/g, '"$1":1')
    .replaceAll(/"machine":"[^"]+"/g, '"machine":"m"')
    .replaceAll(/"generation":"[^"]+"/g, '"generation":"g"')
    .replaceAll(/"nonce":"[\w-]{32}"/g, `"nonce":"${'N'.repeat(32)}"`)
    .replaceAll(/"hints":\["[\w-]{11}"\]/g, `"hints":["${'H'.repeat(11)}"]`)
    .replaceAll(/"hint":"[\w-]{11}"/g, `"hint":"${'H'.repeat(11)}"`)
    .replaceAll(/"proof":"[\w-]{43}"/g, `"proof":"${'P'.repeat(43)}"`)
    .replaceAll(/"clientId":"process \d+"/g, '"clientId":"process 1"')
    .replaceAll(/"version":"[^"]+"/g, '"version":"0.0.0"')
    .replaceAll(/"message":"[^"\\ ]*[ \\](?:[^"\\]|\\.)*"/g, `"message":"${MESSAGE}"`);
}

function steadyBody(body: Buffer): Buffer {
  if (body.includes('name|RpcError|message|')) return encode(steadyError(decode(body)));
  const latin1 = body
    .toString('latin1')
    .replaceAll(/(heldMs|stallMs)(?:\xcc.|\xcd..|.)/gs, '$1\x00')
    .replace(MSGPACK_MESSAGE, steadyMessage);
  return Buffer.from(latin1, 'latin1');
}

/** An error in the encoding of stock peers, or a value that has one. */
function steadyError(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'message' && String(item).includes(' ') ? MESSAGE : steadyError(item),
  ]);
  return Object.fromEntries(entries);
}

/** The first message in a msgpack body, and what comes after it: an error's cause may have another. */
const MSGPACK_MESSAGE = /(\xa7message)(?:([\xa0-\xbf])|\xd9(.)|\xda(..)).*$/s;

function steadyMessage(all: string, key: string, short?: string, byte?: string, two?: string): string {
  const length = Buffer.from(byte ?? two ?? '', 'latin1');
  const bytes = short === undefined ? length.readUIntBE(0, length.length) : short.charCodeAt(0) - 0xa0;
  const start = key.length + 1 + length.length;
  const rest = all.slice(start + bytes).replace(MSGPACK_MESSAGE, steadyMessage);
  const isSentence = all.slice(start, start + bytes).includes(' ');
  return isSentence ? `${key}\xa3${MESSAGE}${rest}` : all.slice(0, start + bytes) + rest;
}
