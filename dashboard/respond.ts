import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './entrance.js';
import type { Problem } from './snapshot.js';

/** Headers of every answer. */
const SAFE_HEADERS = Object.freeze({
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});
/** Policy of everything that is not the page: a text that a browser shows may load and run nothing. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Writes status and headers of an answer. `csp`: policy of the page; without `frame-ancestors`. */
export function writeHead(
  response: ServerResponse,
  status: number,
  type: string,
  more: Readonly<Record<string, string>> = {},
  csp?: string,
): void {
  const policy = csp === undefined ? NOTHING : `${csp}; frame-ancestors 'none'`;
  response.writeHead(status, { ...SAFE_HEADERS, 'Content-Security-Policy': policy, 'Content-Type': type, ...more });
}

export function sendJson(response: ServerResponse, status: number, body: unknown, more?: Record<string, string>): void {
  writeHead(response, status, 'application/json; charset=utf-8', more);
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function sendProblem(response: ServerResponse, status: number, problem: string, message: string): void {
  sendJson(response, status, { format: 1, problem, message } satisfies Problem);
}

/** Refuses a request: as a page for a person, and as JSON for a program. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, problem, message } = refusal;
  if (!(request.headers.accept ?? '').includes('text/html')) return sendProblem(response, status, problem, message);
  writeHead(response, status, 'text/html; charset=utf-8');
  response.end(refusalPage(status, message));
}

/** Without style or script: the policy allows neither. */
function refusalPage(status: number, message: string): string {
  const text = message.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta name="color-scheme" content="light dark"><title>mailstation dashboard: ${status}</title></head>`,
    `<body><main><h1>mailstation dashboard</h1><p>${text}</p></main></body></html>`,
  ].join('\n');
}
