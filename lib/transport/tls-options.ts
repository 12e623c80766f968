import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { hostOption } from '../host.js';
import { boolean, fieldsOf, invalid, nonEmptyString, oneOf, unfit } from '../options.js';
import { quoted } from '../quoted.js';
import { type OptionNames, unknownOptions } from '../unknown-options.js';

/** Certificates or keys: one text or Buffer, or a list of them. */
export type TlsBytes = string | Uint8Array | readonly (string | Uint8Array)[];
/** Version of TLS. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/**
 * Certificate of this end, and the rules for the certificates of peers. Names and values are those of `node:tls`; the options that
 * end in `File` name files, which are read again when they change: a server looks once a second, a client before it connects.
 */
export interface TlsOptions {
  /** Certificate of this end in PEM, with the certificates of intermediate authorities behind it. Source: node:tls. */
  cert?: TlsBytes | undefined;
  /** Private key of the certificate in PEM. Source: node:tls. */
  key?: TlsBytes | undefined;
  /**
   * Authorities that the certificates of peers are verified against, in PEM. A server with this option demands a certificate of
   * each caller; see {@link TlsOptions.requestCert}. Source: node:tls.
   * @default the authorities that Node.js contains
   */
  ca?: TlsBytes | undefined;
  /** Revocation lists in PEM, one for each authority. Source: node:tls. @default none */
  crl?: TlsBytes | undefined;
  /** Certificate and private key in one PKCS#12 archive, in place of `cert` and `key`. Source: node:tls. */
  pfx?: Uint8Array | undefined;
  /** File with {@link TlsOptions.cert}. */
  certFile?: string | undefined;
  /**
   * File with {@link TlsOptions.key}. The file must belong to the user of this process or to root, and other users must not be able
   * to read it; the group of a file of root may.
   */
  keyFile?: string | undefined;
  /** File with {@link TlsOptions.ca}. */
  caFile?: string | undefined;
  /** File with {@link TlsOptions.crl}. */
  crlFile?: string | undefined;
  /** File with {@link TlsOptions.pfx}. Needs the mode of a `keyFile`. */
  pfxFile?: string | undefined;
  /** Passphrase of the key or of the archive. Source: node:tls. */
  passphrase?: string | undefined;
  /** Ciphers, in the syntax of OpenSSL. Source: node:tls. @default those of Node.js */
  ciphers?: string | undefined;
  /** Lowest version of TLS. Range: 'TLSv1.2' or 'TLSv1.3'. Source: node:tls. @default 'TLSv1.2' */
  minVersion?: TlsVersion | undefined;
  /** Highest version of TLS. Range: 'TLSv1.2' or 'TLSv1.3'. Source: node:tls. @default 'TLSv1.3' */
  maxVersion?: TlsVersion | undefined;
  /** Whether a server asks each caller for a certificate. Needs `ca` or `caFile`. Source: node:tls. @default true where `ca` or `caFile` is given */
  requestCert?: boolean | undefined;
  /**
   * Whether a peer without a verified certificate is refused. `false` at a server: such a caller is admitted, and
   * `callContext().caller` has no certificate. `false` at a client: anyone in the network can pose as the server. Source: node:tls.
   * @default true
   */
  rejectUnauthorized?: boolean | undefined;
  /**
   * Name that the certificate of a server must have, where that is not the host that the client connects to. Range: a host name.
   * Source: node:tls.
   * @default the host
   */
  servername?: string | undefined;
}

export const TLS_DEFAULTS = Object.freeze({
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  rejectUnauthorized: true,
}) satisfies TlsOptions;

const TLS_OPTION_NAMES = Object.freeze({
  ca: true,
  caFile: true,
  cert: true,
  certFile: true,
  ciphers: true,
  crl: true,
  crlFile: true,
  key: true,
  keyFile: true,
  maxVersion: true,
  minVersion: true,
  passphrase: true,
  pfx: true,
  pfxFile: true,
  rejectUnauthorized: true,
  requestCert: true,
  servername: true,
}) satisfies OptionNames<TlsOptions>;

/** Parts of the material that may come from a file each. */
export const TLS_PARTS = ['cert', 'key', 'ca', 'crl', 'pfx'] as const;
export type TlsPart = (typeof TLS_PARTS)[number];

/** Part of the material: bytes, or the absolute path of a file with them. */
type TlsSource = { readonly bytes: readonly Buffer[] } | { readonly path: string };

/** {@link TlsOptions} after the check, with the files not yet read. */
export interface CheckedTls {
  readonly sources: Readonly<Partial<Record<TlsPart, TlsSource>>>;
  readonly settings: Readonly<Pick<TlsOptions, 'passphrase' | 'ciphers' | 'minVersion' | 'maxVersion'>>;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly servername: string | undefined;
}

/**
 * Checks the options. Throws {@link RpcCode.InvalidArgument}, also for an option that does not exist: a mistyped `requestCert` would
 * admit everyone. `name`: the option in messages.
 */
export function checkTlsOptions(name: string, given: TlsOptions): CheckedTls {
  fieldsOf(name, given, 'an object such as { certFile, keyFile }');
  const [unknown] = unknownOptions(given, { names: TLS_OPTION_NAMES });
  if (unknown !== undefined)
    throw invalid(`${name} has an option that does not exist: ${unknown}; docs/options.md has the names`);
  const sources: Partial<Record<TlsPart, TlsSource>> = {};
  for (const part of TLS_PARTS) {
    const source = sourceOf(name, part, given);
    if (source !== undefined) sources[part] = source;
  }
  const { cert, key, ca, pfx } = sources;
  if (pfx !== undefined && (cert ?? key) !== undefined)
    throw invalid(`${name}.pfx cannot be combined with ${name}.cert and ${name}.key: the archive holds both`);
  if (cert !== undefined && key === undefined)
    throw invalid(`${name} has a certificate without a key: give key or keyFile`);
  if (key !== undefined && cert === undefined)
    throw invalid(`${name} has a key without a certificate: give cert or certFile`);
  const requestCert = boolean(`${name}.requestCert`, given.requestCert, ca !== undefined);
  if (requestCert && ca === undefined)
    throw invalid(
      `${name}.requestCert needs ca or caFile: without them a certificate of any public authority would be accepted`,
    );
  const minVersion = versionOption(`${name}.minVersion`, given.minVersion, TLS_DEFAULTS.minVersion);
  const maxVersion = versionOption(`${name}.maxVersion`, given.maxVersion, TLS_DEFAULTS.maxVersion);
  if (minVersion > maxVersion)
    throw invalid(`${name}.minVersion must not be above maxVersion, got ${minVersion} and ${maxVersion}`);
  const { passphrase, ciphers } = given;
  return Object.freeze({
    sources,
    settings: {
      minVersion,
      maxVersion,
      ...(passphrase !== undefined && { passphrase: nonEmptyString(`${name}.passphrase`, passphrase) }),
      ...(ciphers !== undefined && { ciphers: nonEmptyString(`${name}.ciphers`, ciphers) }),
    },
    requestCert,
    rejectUnauthorized: boolean(
      `${name}.rejectUnauthorized`,
      given.rejectUnauthorized,
      TLS_DEFAULTS.rejectUnauthorized,
    ),
    servername: servernameOption(`${name}.servername`, given.servername),
  });
}

function sourceOf(name: string, part: TlsPart, given: TlsOptions): TlsSource | undefined {
  const { [part]: value, [`${part}File` as const]: file } = given;
  if (value !== undefined && file !== undefined)
    throw invalid(`${name}.${part} cannot be combined with ${name}.${part}File: leave one of them out`);
  if (file !== undefined) return { path: resolve(nonEmptyString(`${name}.${part}File`, file)) };
  if (value === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  // An empty value means "not given" to node:tls, which would then trust its own authorities.
  const fits =
    list.length > 0 &&
    list.every((each) => (typeof each === 'string' || each instanceof Uint8Array) && each.length > 0);
  if (!fits) throw unfitBytes(`${name}.${part}`, value);
  return { bytes: (list as readonly (string | Uint8Array)[]).map((each) => Buffer.from(each as Uint8Array)) };
}

/** The error names the type alone: the value may be a private key. */
function unfitBytes(name: string, value: unknown): Error {
  const type = Array.isArray(value) ? 'a list with another value' : value === '' ? 'an empty text' : typeof value;
  return invalid(`${name} must be text, a Buffer, or a list of them, none of them empty; got ${type}`);
}

function versionOption(name: string, value: unknown, fallback: TlsVersion): TlsVersion {
  return oneOf<TlsVersion>(name, value, fallback, ['TLSv1.2', 'TLSv1.3']);
}

function servernameOption(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const host = hostOption(name, value);
  if (isIP(host) === 0) return host;
  throw unfit(name, 'a host name: a certificate for an address needs no name', quoted(String(value)));
}
