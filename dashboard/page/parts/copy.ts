import { html } from '../html.js';
import type { Scope } from '../scope.js';

/** A button that copies a value as JSON. */
export function copyButton(scope: Scope, what: string, value: () => unknown) {
  const copy = async () => {
    const done = await copied(JSON.stringify(value(), null, 2));
    scope.announce(
      done ? `Copied ${what} as JSON` : 'The browser does not let the page copy. Allow the clipboard for this page',
    );
  };
  return html`<button type="button" class="quiet" onClick=${copy} aria-label=${`Copy ${what} as JSON`}>Copy as JSON</button>`;
}

/** The clipboard of a page is there only at https and on this machine; elsewhere the old command has to do. */
async function copied(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused, as in a frame without the permission: the command below may still be allowed.
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
