import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf } from '../errors.js';
import { invalid } from '../options.js';
import { readTlsFile, stateOfFile } from './tls-files.js';
import { type CheckedTls, TLS_PARTS, type TlsPart } from './tls-options.js';

/** One certificate in PEM. */
const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
/** Parts that hold a private key. */
const SECRETS: readonly TlsPart[] = ['key', 'pfx'];
/** Causes for which the parts cannot be used, by the codes of OpenSSL. */
const CAUSES: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key belongs to another certificate',
  ERR_OSSL_BAD_DECRYPT: 'the key is encrypted, and passphrase is missing or wrong',
  ERR_MISSING_PASSPHRASE: 'the key is encrypted, and passphrase is missing',
  ERR_OSSL_UNSUPPORTED: 'the key is not in PEM, or of a kind that OpenSSL does not know',
  ERR_SSL_NO_CIPHER_MATCH: 'ciphers names no cipher that OpenSSL knows',
};

/** Material of one end as node:tls takes it, whole: a part that is left out has the default of node:tls, and not the former value. */
export interface LoadedTls {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
  /** Certificate of this end. Undefined without one, and for an archive, which Node.js cannot show. */
  readonly leaf: X509Certificate | undefined;
}

/** Reads the files, and checks that the parts fit together. Throws {@link RpcCode.InvalidArgument}. */
export function loadTls(name: string, { sources, settings }: CheckedTls): LoadedTls {
  const read: Partial<Record<TlsPart, Buffer[]>> = {};
  for (const part of TLS_PARTS) {
    const source = sources[part];
    if (source === undefined) continue;
    read[part] =
      'bytes' in source ? [...source.bytes] : [readTlsFile(`${name}.${part}File`, source.path, SECRETS.includes(part))];
  }
  const leaf = read.cert && certificatesOf(`${name}.cert`, read.cert)[0];
  if (read.ca !== undefined) certificatesOf(`${name}.ca`, read.ca);
  const { pfx, ...parts } = read;
  const options: SecureContextOptions = { ...settings, ...parts, ...(pfx && { pfx: pfx[0] }) };
  try {
    return { options, context: createSecureContext(options), leaf };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = CAUSES[code] ?? messageOf(error);
    throw Object.assign(invalid(`${name}: the certificate cannot be used: ${why}`), { cause: error });
  }
}

/** node:tls skips what it cannot read of a list of authorities, without an error, and would then refuse every peer. */
function certificatesOf(name: string, list: readonly Buffer[]): X509Certificate[] {
  const texts = list.flatMap((each) => each.toString('latin1').match(CERTIFICATE) ?? []);
  if (texts.length === 0) throw invalid(`${name} holds no certificate in PEM`);
  return texts.map((text, at) => {
    try {
      return new X509Certificate(text);
    } catch (cause) {
      throw Object.assign(invalid(`${name} holds a certificate that cannot be read, number ${at + 1}`), { cause });
    }
  });
}

/** Text that differs when a file of the material is another one, or was written. */
export function stateOfFiles({ sources }: CheckedTls): string {
  const paths = TLS_PARTS.flatMap((part) => {
    const source = sources[part];
    return source !== undefined && 'path' in source ? [source.path] : [];
  });
  return paths.map(stateOfFile).join(' ');
}
