import { emitKeypressEvents } from 'node:readline';
import type { ReadStream } from 'node:tty';

/** A pressed key. */
export interface Key {
  /** Name of the key: the character itself, or `up`, `down`, `pageup`, `pagedown`, `home`, `end`, `return`, `escape`, `backspace`, `ctrl-c`, ... */
  readonly name: string;
  /** Character that the key writes; '' for a key that writes none. */
  readonly text: string;
}

/** Key of Node's `keypress` event. */
interface Keypress {
  readonly name?: string | undefined;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

const CONTROL = /\p{Cc}/u;

/** Calls `pressed` for each key until the returned function is called. */
export function readKeys(input: ReadStream, pressed: (key: Key) => void): () => void {
  const onKeypress = (text: string | undefined, key: Keypress): void => pressed(keyOf(text, key));
  emitKeypressEvents(input);
  input.on('keypress', onKeypress);
  return () => void input.off('keypress', onKeypress);
}

function keyOf(text: string | undefined, { name, ctrl, meta }: Keypress): Key {
  const written = text !== undefined && ctrl !== true && meta !== true && !CONTROL.test(text) ? text : '';
  if (written !== '') return { name: written, text: written };
  return {
    name: `${ctrl === true ? 'ctrl-' : ''}${meta === true && name !== 'escape' ? 'alt-' : ''}${name ?? ''}`,
    text: '',
  };
}
