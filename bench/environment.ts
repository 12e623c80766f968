import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** What a figure cannot be read without. */
export interface Environment {
  readonly date: string;
  readonly mailstation: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Over the last minute, when the run began: what else the machine was doing. */
  readonly loadAverage: number;
  /** Node options from the environment, which the measured processes inherit. */
  readonly nodeOptions: string;
}

export function describeEnvironment(): Environment {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString(),
    mailstation: packageVersion(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    loadAverage: os.loadavg()[0] ?? 0,
    nodeOptions: process.env['NODE_OPTIONS'] ?? '',
  };
}

/** From the nearest manifest with the package's name: bench/ has one of its own, and this file may be compiled, a folder deeper. */
function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const manifest = new URL('package.json', folder);
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string };
    if (name === 'mailstation') return version;
  }
}
