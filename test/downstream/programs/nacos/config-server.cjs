const { createHash } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');

const WORD = String.fromCharCode(2);
const LINE = String.fromCharCode(1);
/** Longest time for which a poll is held without an answer. */
const HOLD_MS = 2_000;

/** As much of Nacos' HTTP interface for configurations as the client uses, with the values in memory. */
module.exports = async function startConfigServer() {
  const values = new Map();
  const polls = new Set();
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    const body = Buffer.concat(await request.toArray()).toString();
    const fields = new URLSearchParams(url.search + (url.search && body ? '&' : '') + body);
    if (url.pathname.endsWith('/listener')) return poll(fields.get('Listening-Configs'), response);
    const key = [fields.get('dataId'), fields.get('group')].join(WORD);
    if (fields.get('dataId') === 'broken') return answer(response, 500, 'the disk is full');
    if (request.method === 'GET') return answer(response, values.has(key) ? 200 : 404, values.get(key) ?? '');
    if (request.method === 'POST') values.set(key, fields.get('content'));
    else values.delete(key);
    answer(response, 200, 'true');
    for (const check of [...polls]) check();
  });

  /** Answers once a value differs from the digest that the client has. */
  function poll(listening, response) {
    const known = listening
      .split(LINE)
      .filter(Boolean)
      .map((line) => line.split(WORD));
    const check = (isOver = false) => {
      const changed = known.filter(([dataId, group, digest]) => digestOf(values.get(dataId + WORD + group)) !== digest);
      if (changed.length === 0 && !isOver) return;
      clearTimeout(timer);
      polls.delete(check);
      const lines = changed.map(([dataId, group]) => dataId + WORD + group + LINE);
      answer(response, 200, encodeURIComponent(lines.join('')));
    };
    const timer = setTimeout(() => check(true), HOLD_MS);
    polls.add(check);
    check();
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address().port;
};

const answer = (response, status, text) => response.writeHead(status).end(text);
const digestOf = (value) => (value === undefined ? '' : createHash('md5').update(value).digest('hex'));
