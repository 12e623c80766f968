import type { Questions, ReplyTo, RequestFor } from './host-protocol.js';

/** Answers the questions of the process that has started this one, one at a time. Ends this process with that one. */
export function answerQuestions<Asked extends Questions<Asked>>(
  answer: (request: RequestFor<Asked>) => Promise<Asked[keyof Asked]['answer']>,
): void {
  const reply = (message: ReplyTo<Asked>): void => {
    process.send?.(message);
  };
  process.on('message', (request: RequestFor<Asked>) => {
    answer(request).then(
      (value) => reply({ ok: true, answer: value }),
      (error: unknown) => reply({ ok: false, message: error instanceof Error ? error.message : String(error) }),
    );
  });

  // The harness is done with this process, or is gone. exit() also ends what a peer left open, and lets --cpu-prof
  // write its file, as a signal would not.
  process.once('disconnect', () => process.exit());
}
