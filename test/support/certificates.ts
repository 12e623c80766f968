import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Reason to skip tests that need certificates. `.ci/run` fails where openssl is missing. */
export const withoutOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0
    ? false
    : 'THE PROGRAM openssl IS MISSING: certificates are not tested';

interface CertificateOptions {
  /** Common name. */
  readonly name: string;
  /** Alternative names. @default the name, localhost and 127.0.0.1 */
  readonly names?: readonly string[];
  /** Dates in the form of openssl. @default valid from 2020 to 2049 */
  readonly from?: string;
  readonly to?: string;
  /** Extended key usage. @default 'serverAuth,clientAuth' */
  readonly usage?: string;
}

/** A certificate with its key, as text and as files. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority that issues certificates, in a folder that is removed when the process ends. */
export interface Authority {
  readonly ca: string;
  readonly caFile: string;
  readonly folder: string;
  issue(options: CertificateOptions): Issued;
  /** The revocation list, once the certificate is on it. */
  revoke(issued: Issued): string;
}

const CONFIG = (folder: string): string => `
[ca]
default_ca = own
[own]
database = ${folder}/index.txt
new_certs_dir = ${folder}
serial = ${folder}/serial
crlnumber = ${folder}/crlnumber
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
`;
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes an authority whose own name is `name`. */
export function makeAuthority(name = 'mailstation tests'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-ca-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const at = (file: string): string => join(folder, file);
  writeFileSync(at('ca.cnf'), CONFIG(folder));
  writeFileSync(at('index.txt'), '');
  writeFileSync(at('serial'), '01');
  writeFileSync(at('crlnumber'), '01');
  openssl(
    ...['req', '-x509', ...EC, '-config', at('ca.cnf'), '-subj', `/CN=${name}`, '-days', '3650'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', at('ca.key'), '-out', at('ca.crt')],
  );
  const signer = ['-config', at('ca.cnf'), '-keyfile', at('ca.key'), '-cert', at('ca.crt')];
  let issued = 0;
  return {
    folder,
    caFile: at('ca.crt'),
    ca: readFileSync(at('ca.crt'), 'utf8'),
    issue({ name: subject, names, from = '20200101000000Z', to = '20491231000000Z', usage = 'serverAuth,clientAuth' }) {
      issued += 1;
      const own = at(`leaf-${issued}`);
      mkdirSync(own);
      const [certFile, keyFile] = [join(own, 'tls.crt'), join(own, 'tls.key')];
      const all = names ?? [`DNS:${subject}`, 'DNS:localhost', 'IP:127.0.0.1'];
      const extensions = ['basicConstraints=CA:FALSE', `extendedKeyUsage=${usage}`];
      if (all.length > 0) extensions.push(`subjectAltName=${all.join(',')}`);
      writeFileSync(join(own, 'ext'), extensions.join('\n'));
      openssl(
        'req',
        '-new',
        ...EC,
        '-config',
        at('ca.cnf'),
        '-subj',
        `/CN=${subject}`,
        '-keyout',
        keyFile,
        '-out',
        join(own, 'csr'),
      );
      openssl(
        ...['ca', '-batch', '-notext', ...signer, '-startdate', from, '-enddate', to],
        ...['-extfile', join(own, 'ext'), '-in', join(own, 'csr'), '-out', certFile],
      );
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
    revoke({ certFile }) {
      openssl('ca', ...signer, '-revoke', certFile);
      openssl('ca', ...signer, '-gencrl', '-out', at('ca.crl'));
      return readFileSync(at('ca.crl'), 'utf8');
    },
  };
}

let shared: Authority | undefined;
/** The authority that the tests of one file share. */
export function authority(): Authority {
  shared ??= makeAuthority();
  return shared;
}

const known = new Map<string, Issued>();
/** A certificate of {@link authority} for localhost and 127.0.0.1, made once for each name. */
export function certificate(name: string): Issued {
  const made = known.get(name) ?? authority().issue({ name });
  known.set(name, made);
  return made;
}

/** Options of a server, or of a client that has a certificate too. With `ca`, a server demands a certificate. */
export function tlsOf(name: string, withCa = true): { cert: string; key: string; ca?: string } {
  const { cert, key } = certificate(name);
  return { cert, key, ...(withCa && { ca: authority().ca }) };
}
