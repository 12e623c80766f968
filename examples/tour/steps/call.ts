import type { Demo } from '../demo.js';

export async function call({ proxies, tally, report }: Demo): Promise<void> {
  report.section('A call: user.test.module1.func1(1, 2)');
  const { func1 } = proxies.user.test.module1;
  const routeParam = { uid: 7 }; // the default router goes by it

  const sum = await tally.track(func1(routeParam, 1, 2));
  report.line('promise', `the first result: ${sum}`);
  report.expect(sum === 3, `func1(1, 2) was ${sum}`);

  const results = await tally.trackCallback((callback) => func1(routeParam, 1, 2, callback));
  report.line('callback', `all results: ${results.join(', ')}`);
  report.expect(results[0] === 3 && /^test-[12]$/.test(String(results[1])), `func1 called back with ${results}`);

  const named = await tally.trackCallback((callback) => func1.toServer('test-2', 1, 2, callback));
  report.line("toServer('test-2')", `all results: ${named.join(', ')}`);
  report.expect(named[0] === 3 && named[1] === 'test-2', `func1.toServer('test-2') called back with ${named}`);
}
