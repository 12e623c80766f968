export interface Message {
  readonly from: string;
  readonly text: string;
}

const messages: Message[] = [];

/** Keeps a message, and answers with the number of messages. */
export async function say(from: string, text: string): Promise<number> {
  return messages.push({ from, text });
}

/** Answers with the last messages, the newest last. */
export async function last(count: number): Promise<readonly Message[]> {
  return messages.slice(-count);
}
