import { h } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Content, html } from '../html.js';

interface Props {
  readonly title: string;
  /** Stands before the title. */
  readonly kind: string;
  readonly actions?: Content;
  readonly content: Content;
  /** Address of the view without the panel. */
  readonly close: string;
}

/** Details of one entry, beside or above the table that the entry is in. */
export function panel(props: Props) {
  return h(Panel, { key: `${props.kind} ${props.title}`, ...props });
}

function Panel({ title, kind, actions, content, close }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Readers who opened the panel by the keyboard go on from here, and are brought back when it closes.
  useLayoutEffect(() => {
    const before = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView?.({ block: 'nearest' });
    return () => {
      if ((before instanceof HTMLElement || before instanceof SVGElement) && before.isConnected) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') location.hash = close;
  };
  return html`<aside class="panel" aria-label=${`${kind} ${title}`} onKeyDown=${onKeyDown}>
    <header><h3 ref=${heading} tabindex="-1"><small>${kind}</small> ${title}</h3>
      <a class="button quiet" href=${close}>Close</a></header>
    ${content}
    ${actions !== undefined && html`<footer>${actions}</footer>`}
  </aside>`;
}

/** Facts as pairs of a name and a value; those without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: Content])[]) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return html`<dl class="facts">${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
