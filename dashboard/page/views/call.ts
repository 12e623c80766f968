import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CallAnswer, CallRequest } from '../../snapshot.js';
import { duration, visible } from '../format.js';
import { type Content, html } from '../html.js';
import { nameOf, serverName } from '../names.js';
import { copyButton } from '../parts/copy.js';
import type { Scope } from '../scope.js';
import { askCall, askMethods, type Described } from '../source/ask.js';
import { failedCall } from './errors.js';

type Outcome = { readonly answer: CallAnswer } | { readonly problem: string };

const TYPE = 'type ';

/** A form that calls a method. */
export function call(scope: Scope) {
  const { about } = scope.snapshot;
  if (scope.store.playback !== undefined)
    return html`<p class="empty">A recording cannot be called. Go back to the live state first.</p>`;
  if (!about.allowCalls)
    return html`<p class="empty">Calls from this page are off. They are allowed where the dashboard is started with <code>allowCalls: true</code>, or <code>--allow-calls</code> on the command line.</p>`;
  return h(CallForm, { scope });
}

function CallForm({ scope }: { readonly scope: Scope }) {
  const { state } = scope.snapshot;
  const [target, setTarget] = useState(scope.route.item ?? '');
  const [described, setDescribed] = useState<readonly Described[]>([]);
  const [method, setMethod] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();
  const [isWaiting, setWaiting] = useState(false);
  const servers = Object.values(state.servers).filter(({ url }) => url !== null);
  const types = [...new Set(servers.map(({ serverType }) => serverType))].sort();
  const asked = target.startsWith(TYPE)
    ? servers.find(({ serverType }) => TYPE + serverType === target)
    : state.servers[target];
  const askedId = asked?.id;
  useEffect(() => {
    if (askedId === undefined) return undefined;
    let isGone = false;
    askMethods(askedId, '').then(
      (found) => !isGone && setDescribed(found),
      (error) => !isGone && setOutcome({ problem: `The methods of ${askedId} could not be read: ${messageOf(error)}` }),
    );
    return () => {
      isGone = true;
      setDescribed([]);
    };
  }, [askedId]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const request = requestOf(new FormData(event.currentTarget as HTMLFormElement), state.servers[target]?.id, target);
    if (typeof request === 'string') return setOutcome({ problem: request });
    setWaiting(true);
    try {
      const answer = await askCall(request);
      setOutcome({ answer });
      scope.announce(answer.ok ? 'The call has an answer' : 'The call has failed');
    } catch (error) {
      setOutcome({ problem: messageOf(error) });
    } finally {
      setWaiting(false);
    }
  };
  const known = described.find(({ name }) => name === method);
  return html`<form class="call card" onSubmit=${submit}>
    <label>Server
      <select name="target" required value=${target} onChange=${(event: Event) => setTarget((event.target as HTMLSelectElement).value)}>
        <option value="">Choose a server</option>
        <optgroup label="The router chooses">${types.map((type) => html`<option key=${type} value=${TYPE + type}>any ${nameOf(type)}</option>`)}</optgroup>
        <optgroup label="Servers">${servers.map((server) => html`<option key=${server.key} value=${server.key}>${serverName(server)}</option>`)}</optgroup>
      </select></label>
    <label>Method
      <input name="method" required list="methods" autocomplete="off" spellcheck=${false} placeholder="user.rooms.enter" onInput=${(event: Event) => setMethod((event.target as HTMLInputElement).value)} /></label>
    <datalist id="methods">${described.map(({ name }) => html`<option key=${name} value=${name} />`)}</datalist>
    ${known !== undefined && html`<p class="hint"><code>${signature(known)}</code> ${visible(known.doc ?? '')}</p>`}
    <label>Arguments, a JSON list
      <textarea name="args" rows="4" spellcheck=${false}>[]</textarea></label>
    ${target.startsWith(TYPE) && html`<label>Route parameter, JSON <input name="route" spellcheck=${false} placeholder="null" /></label>`}
    <label>Timeout in ms <input name="timeout" type="number" min="1" step="1" placeholder="as the dashboard has it" /></label>
    <button type="submit" disabled=${isWaiting}>${isWaiting ? 'Waiting for the answer' : 'Call'}</button>
    ${outcome !== undefined && result(scope, outcome)}
  </form>`;
}

/** The request of a form, or a sentence on what is wrong in it. */
function requestOf(form: FormData, server: string | undefined, target: string): CallRequest | string {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const args = parsed(text('args') || '[]');
  if (!Array.isArray(args)) return 'The arguments are no JSON list. Write them as ["Ada", 7].';
  const route = text('route') === '' ? null : parsed(text('route'));
  if (route === undefined) return 'The route parameter is no JSON. Write a text in quotes: "room-7".';
  const to = server === undefined ? { serverType: target.slice(TYPE.length), route } : { server };
  const timeout = text('timeout');
  return { ...to, method: text('method'), args, ...(timeout !== '' && { timeout: Number(timeout) }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the form then says what is expected in the field
  }
}

function signature({ name, parameters }: Described): string {
  if (parameters === null) return visible(`${name}(…)`);
  const words = parameters.map(
    ({ name: parameter, optional, rest }) => `${rest === true ? '...' : ''}${parameter}${optional === true ? '?' : ''}`,
  );
  return visible(`${name}(${words.join(', ')})`);
}

function result(scope: Scope, outcome: Outcome): Content {
  if ('problem' in outcome) return html`<p class="problem" role="alert">${visible(outcome.problem)}</p>`;
  const { answer } = outcome;
  if (!answer.ok)
    return html`<section class="outcome"><h3>Failed after ${duration(answer.ms)}: ${visible(answer.error.code)}</h3>${failedCall(answer.error, nameOf(answer.error.server ?? 'none was chosen'), 'this page')}</section>`;
  const text = JSON.stringify(answer.result, null, 2) ?? 'undefined';
  return html`<section class="outcome"><header><h3>Answer after ${duration(answer.ms)}</h3>${copyButton(scope, 'the answer', () => answer.result)}</header>
    <pre tabindex="0">${text.split('\n').map(visible).join('\n')}</pre></section>`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
