/** A list of hosts as a shared client subscribes to: some 200 bytes as JSON. */
export interface HostList {
  readonly version: number;
  readonly hosts: readonly string[];
}

const HOSTS = Array.from({ length: 10 }, (_, index) => `10.0.12.${index}:8080`);

export function hostList(version: number): HostList {
  return { version, hosts: HOSTS };
}
