import { quoted } from '../quoted.js';
import { type RawBytes, readHex, readLatin1 } from '../raw-bytes.js';

/** Length of a TLS record's header: the type, and a version that begins with 3. */
const TLS_MAJOR = 3;
const TLS_HANDSHAKE = 22;
const TLS_ALERT = 21;

/** The beginnings of HTTP: of an answer, and of requests. */
const HTTP = /^(?:HTTP\/|(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI) )/;

/** Versions of the packet up to this one may come. A greater number is the first byte of another protocol. */
const MAX_VERSION = 8;
/** Bytes that are shown of a protocol that is no text. */
const SHOWN_BYTES = 4;
/** Characters of a peer's text that are shown. */
const SHOWN_CHARS = 16;
/** First byte of a CONNECT packet of MQTT, with which a client of pomelo-rpc begins too. */
const MQTT_CONNECT = 0x10;

/** True for a record of TLS that begins a connection. */
export function isTlsHandshake(bytes: RawBytes, at: number): boolean {
  return bytes[at] === TLS_HANDSHAKE && bytes[at + 1] === TLS_MAJOR;
}

/** True for the beginning of a request or an answer of HTTP. */
export function isHttp(bytes: RawBytes, at: number): boolean {
  return HTTP.test(readLatin1(bytes, at, at + SHOWN_CHARS));
}

/**
 * The protocol of a peer whose first bytes are no packet: HTTP, TLS, or some other text. Undefined for bytes that could be
 * the packet of another version.
 */
export function describeForeign(bytes: RawBytes, at: number): string | undefined {
  const [type, major] = [bytes[at], bytes[at + 1]];
  if (isTlsHandshake(bytes, at) || (type === TLS_ALERT && major === TLS_MAJOR)) {
    return 'the peer speaks TLS, and this end does not: give both ends the same address and transport';
  }
  const text = readLatin1(bytes, at, at + SHOWN_CHARS);
  if (isHttp(bytes, at)) {
    return `the peer speaks HTTP (${quoted(text)}): another program is on this port, or one end has the transport ws and the other tcp`;
  }
  if (/^[ -~\r\n\t]{4}/.test(text)) {
    return `the peer is another program, whose bytes begin with ${quoted(text)}: check the address and the port`;
  }
  if (type === undefined || type <= MAX_VERSION) return undefined;
  const bare = readHex(bytes, at, at + SHOWN_BYTES).replace(/..(?=.)/g, '$& ');
  const like = type === MQTT_CONNECT ? ', such as a client of pomelo-rpc (MQTT)' : '';
  return `the peer is another program${like}, whose bytes begin with ${bare}: check the address and the port`;
}
