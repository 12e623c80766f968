import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDashboard } from '../../dashboard/dashboard.js';
import { DASHBOARD_DEFAULTS, type DashboardOptions, resolveDashboardOptions } from '../../dashboard/options.js';
import { keptLog, serve } from '../behaviour/support.js';
import { dashboardOf } from './support.js';

const servers = ['127.0.0.1:3333'];

describe('the options of a dashboard', () => {
  it('have their defaults', () => {
    const { host, port, listen, basePath, interval, history, allowCalls, maxViewers } = resolveDashboardOptions({
      servers,
    });
    assert.deepEqual(
      { host, port, listen, basePath, interval, history, allowCalls, maxViewers },
      { ...DASHBOARD_DEFAULTS },
    );
  });

  it('make one form of each base path', () => {
    for (const [given, path] of [
      ['', '/'],
      ['/', '/'],
      ['/ops/', '/ops/'],
      ['ops/rpc', '/ops/rpc/'],
    ] as const)
      assert.equal(resolveDashboardOptions({ servers, basePath: given }).basePath, path);
  });

  const wrong: readonly (readonly [DashboardOptions, RegExp])[] = [
    [{}, /nothing to show: give client, clients, servers or etcd/],
    [{ servers: [7 as never] }, /each of servers must be an address/],
    [{ client: {} as never }, /client must be a client that createClient\(\) has made/],
    [{ servers, interval: 10 }, /interval must be an integer from 100/],
    [{ servers, interval: 100_000 }, /interval must be an integer from 100 to 60000 ms/],
    [{ servers, port: 70_000 }, /port must be an integer from 0 to 65535/],
    [{ servers, token: 'short' }, /token must be a text of 16 or more/],
    [{ servers, token: 'with a blank in it, and long' }, /token must be a text of 16 or more/],
    [{ servers, basePath: '/a/../b' }, /basePath must be a path/],
    [{ servers, basePath: '//evil.example' }, /basePath must be a path/],
    [{ servers, basePath: '/a;b' }, /basePath must be a path/],
    [{ servers, host: 'http://127.0.0.1' }, /host must be an address or a host name/],
    [{ servers, allowCalls: 'yes' as never }, /allowCalls must be/],
  ];
  for (const [options, message] of wrong)
    it(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => createDashboard(options), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });

  it('that do not exist are a line in the log', () => {
    const { logger, lines } = keptLog();
    createDashboard({ servers, logger, allowcalls: true } as never);
    assert.match(
      lines.join('\n'),
      /the dashboard got options that do not exist: "allowcalls" \(did you mean allowCalls\?\)/,
    );
  });
});

describe('the start of a dashboard', () => {
  it('fails in words where the port is taken, and leaves nothing open', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const servers_ = [`127.0.0.1:${served.port}`];
    const { dashboard } = await dashboardOf(t, { servers: servers_ });
    const { logger } = keptLog();
    const second = createDashboard({ servers: servers_, port: dashboard.port, logger });
    t.after(() => second.stop());
    await assert.rejects(second.start(), { code: 'ERR_RPC_ADDRESS_IN_USE', message: /the port is in use/ });
  });

  it('warns of an address beyond this machine', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { lines, dashboard } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`], host: '0.0.0.0' });
    assert.match(lines.join('\n'), /served at 0\.0\.0\.0 without encryption/);
    assert.match(dashboard.url, /^http:\/\/127\.0\.0\.1:/);
  });
});
