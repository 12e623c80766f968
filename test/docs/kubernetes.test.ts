import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { freePort } from '../../bench/free-port.js';
import { createClient } from '../../node-client.js';
import { readText } from '../architecture/house.js';
import { keptLog } from '../behaviour/support.js';
import { command } from '../cli/support.js';
import { until } from '../support/until.js';
import { writePagePrograms } from './page-program.js';

const PAGE = 'docs/kubernetes.md';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly secret: { readonly defaultMode: number } }[];
}

interface Documents {
  readonly service: {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly clusterIP: string;
      readonly selector: Readonly<Record<string, string>>;
      readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
    };
  };
  readonly set: {
    readonly kind: string;
    readonly spec: {
      readonly serviceName: string;
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly template: {
        readonly metadata: {
          readonly labels: Readonly<Record<string, string>>;
          readonly annotations: Readonly<Record<string, string>>;
        };
        readonly spec: Pod;
      };
    };
  };
}

/** The manifest, as Kubernetes reads it: YAML 1.1, in which 0440 is octal. */
function manifest(): Documents {
  const [, text = ''] = /^```yaml\n# chat\.yaml\n(.*?)^```$/ms.exec(readText(PAGE)) ?? [];
  const documents = parseAllDocuments(text, { version: '1.1', strict: true });
  if (!Array.isArray(documents)) throw new Error('the page has no manifest');
  for (const { errors, warnings } of documents) assert.deepEqual([errors, warnings], [[], []]);
  const [service, set] = documents.map((each): unknown => each.toJS());
  return { service, set } as Documents;
}

/** The program of the page. */
function program(): string {
  return /^```js\n\/\/ server\.js\n(.*?)^```$/ms.exec(readText(PAGE))?.[1] ?? '';
}

/** Number that an option of the program has: `30_000`, `64 * 1024 * 1024`. */
function optionOf(name: string): number {
  const [, written = ''] = new RegExp(`^ {2}${name}: ([\\d_* ]+),$`, 'm').exec(program()) ?? [];
  assert.notEqual(written, '', `the program has no ${name}`);
  return written.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

describe(PAGE, () => {
  const { service, set } = manifest();
  const pod = set.spec.template.spec;
  const [container] = pod.containers as readonly [Container];
  const envOf = (name: string) => container.env.find((each) => each.name === name)?.value;
  const MIB = 1024 * 1024;

  it('has a manifest whose parts find each other', () => {
    assert.deepEqual([service.spec.clusterIP, set.kind, set.spec.serviceName], ['None', 'StatefulSet', 'chat']);
    assert.deepEqual(service.spec.selector, set.spec.template.metadata.labels);
    assert.deepEqual(set.spec.selector.matchLabels, set.spec.template.metadata.labels);
    const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    for (const { targetPort, port } of service.spec.ports) assert.equal(ports.get(targetPort), port);
    assert.deepEqual([envOf('RPC_PORT'), envOf('PROBE_PORT')], [ports.get('rpc'), ports.get('probes')].map(String));
    const { annotations } = set.spec.template.metadata;
    assert.equal(annotations['prometheus.io/port'], String(ports.get('probes')));
    for (const path of ['prometheus.io/path'].map((name) => annotations[name] ?? ''))
      assert.ok(program().includes(`'${path}'`), path);
    assert.deepEqual(container.command, ['node', 'server.js']);
  });

  it('has probes at paths that the program answers, each as its kind needs it', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      assert.equal(httpGet.port, 'probes');
      assert.ok(program().includes(`request.url === '${httpGet.path}'`), httpGet.path);
    }
    assert.equal(readinessProbe.httpGet.path, '/readyz');
    assert.equal(livenessProbe.httpGet.path, '/livez', 'health must restart no pod');
  });

  it('leaves a pod the time that its end takes, and says so in its text', () => {
    const drain = optionOf('drainTimeout') / 1_000;
    const preStop = container.lifecycle.preStop.sleep.seconds;
    const grace = pod.terminationGracePeriodSeconds;
    assert.ok(preStop > 5, 'an answer of the DNS holds for 5 s');
    assert.ok(grace >= preStop + 1 + drain + 5, `${grace} s`);
    const table = readText(PAGE).split('## The end of a pod')[1]?.split('\n\n')[1] ?? '';
    const seconds = [...table.matchAll(/\| (?:to )?(\d+) \|$/gm)].map(([, number]) => Number(number));
    assert.deepEqual(seconds, [0, preStop, preStop + 1, preStop + 1 + drain, grace]);
  });

  it('divides the limit of memory into bounds that the manifest and the program set', () => {
    const heap = Number(/^--max-old-space-size=(\d+)$/.exec(envOf('NODE_OPTIONS') ?? '')?.[1]);
    const bytes = ['maxUnreadBytes', 'maxPartialBytes'].map((name) => optionOf(name) / MIB);
    const table = readText(PAGE).split('## Memory')[1]?.split('\n\n')[2] ?? '';
    const parts = [...table.matchAll(/\| (\d+) \|$/gm)].map(([, number]) => Number(number));
    assert.deepEqual(parts.slice(0, 3), [heap, ...bytes]);
    const limit = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)?.[1]);
    assert.equal(parts.length, 5);
    assert.equal(
      parts.reduce((sum, part) => sum + part, 0),
      limit,
    );
  });

  it('mounts folders of secrets that the group of the process alone may read', () => {
    const mounts = new Map(container.volumeMounts.map((mount) => [mount.name, mount]));
    for (const { name, secret } of pod.volumes) {
      assert.equal(secret.defaultMode, 0o440);
      assert.equal(mounts.get(name)?.subPath, undefined, 'files of a subPath never change');
    }
    assert.equal(envOf('TLS_FOLDER'), mounts.get('tls')?.mountPath);
    assert.ok(envOf('SECRET_FILE')?.startsWith(`${mounts.get('secret')?.mountPath}/`));
  });

  it('has a program that answers probes, and ends at SIGTERM without losing a call', async (t) => {
    const [rpc, probes] = [await freePort(), await freePort()];
    const folder = writePagePrograms(t, PAGE);
    const env = { ...process.env, RPC_HOST: '127.0.0.1', RPC_PORT: String(rpc), PROBE_PORT: String(probes) };
    const child = spawn(process.execPath, ['server.js'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'pipe'] });
    const exited = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const probe = async (path: string): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`http://127.0.0.1:${probes}${path}`, { headers: { connection: 'close' } }).catch(
        () => undefined,
      );
      return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '' };
    };
    const isReady = async (status: number) => (await probe('/readyz')).status === status;
    await until(() => isReady(200), { what: 'the pod to be ready' });
    assert.equal((await probe('/livez')).status, 200);
    assert.equal((await probe('/other')).status, 404);
    assert.match((await probe('/metrics')).text, /^mailstation_server_leads\{.*\} 1$/m);
    const [, exec = ''] = /`exec: \{ command: \[(.*?)\] \}`/.exec(readText(PAGE)) ?? [];
    const [npx, bin, ...args] = exec.split(', ').map((part) => part.replace(/^'(.*)'$/, '$1'));
    assert.deepEqual([npx, bin], ['npx', 'mailstation']);
    const asked = await command(
      t,
      args.map((arg) => arg.replace(/:3333$/, `:${rpc}`)),
    );
    assert.deepEqual([asked.code, asked.stderr], [0, '']);
    assert.match(asked.stdout, /"status":\s*"serving"/);

    const client = createClient({ logger: keptLog().logger, timeout: 60_000 });
    t.after(() => client.stop(true));
    client.addServers([{ id: 'chat-0', serverType: 'chat', port: rpc }]);
    await client.start();
    const message = { namespace: 'user', service: 'rooms', method: 'greet', args: ['Ada', 8_000] };
    const running = client.rpcInvoke('chat-0', message);
    await until(
      async () => (await probe('/metrics')).text.includes('running_calls{server_id="chat-0",server_type="chat"} 1'),
      {
        what: 'the call to run',
      },
    );
    child.kill('SIGTERM');
    await until(() => isReady(503), { what: 'the pod to be unready' });
    assert.equal(await running, 'hello, Ada');
    assert.deepEqual(await exited, [0, null]);
  });
});
