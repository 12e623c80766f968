import { sourceOf } from './house.js';

/** A comment of a source file as a reader sees the text: without stars, code and tags of the linter. */
export interface Prose {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** True for `/** ... *\/`, which editors show to users. */
  readonly isDocstring: boolean;
}

/**
 * First words that leave a reader without a subject, each with the reason. A docstring begins with a noun phrase ("Number
 * of calls ...", "Deadline of ...") or with a verb ("Resolves when ...", "Called once when ...").
 */
const OPENINGS: readonly { readonly words: readonly string[]; readonly why: string }[] = [
  { words: ['It', 'They', 'He', 'She', 'This', 'That', 'These', 'Those'], why: 'a pronoun: the noun is elsewhere' },
  { words: ['Its', 'Their', 'His', 'Her'], why: 'a possessive: the owner is elsewhere' },
  { words: ['Nobody', 'Somebody', 'Nothing', 'Something', 'Everybody'], why: 'a pronoun that hides the actor' },
  { words: ['What', 'Which', 'Whichever', 'Whatever'], why: 'a relative clause in place of a name' },
  { words: ['Who', 'Whose', 'Whom', 'Whoever', 'By whom', 'By what'], why: 'a relative clause in place of an actor' },
  { words: ['Where', 'Wherever'], why: 'a relative clause in place of a place or a case' },
  { words: ['Of', 'Of those', 'Of them'], why: 'a genitive without the thing that is owned' },
  {
    words: ['So', 'So many', 'So long', 'As', 'Again', 'And', 'But', 'Or'],
    why: 'a comparison with something unnamed',
  },
  { words: ['Not', 'Only', 'Also', 'Even', 'Just', 'Both', 'Twice', 'There'], why: 'an adverb before any subject' },
  { words: ['One that', 'One which', 'One who', 'One whose', 'One of which'], why: 'a pronoun with a relative clause' },
];

/** Words that hide the actor of a sentence. */
const ACTORLESS = ['who', 'whoever', 'whom', 'nobody', 'somebody'];
const IT = ['it', 'its'];

const OPENING = new RegExp(`^(?:${OPENINGS.flatMap(({ words }) => words).join('|')})\\b(?!['\\u2019])`);
/** The comments of the files, directives of the linter and drawings aside. */
export function proseOf(files: readonly string[]): Prose[] {
  return files.flatMap((file) =>
    sourceOf(file)
      .comments.map(({ line, text }) => ({ file, line, text: plain(text), isDocstring: text.startsWith('/**') }))
      .filter(({ text }) => text !== '' && !/^(?:biome-ignore|@ts-expect-error|<reference)/.test(text)),
  );
}

/** The words of a comment. Fenced examples, code in backticks, links and addresses are no prose. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*?|\*\/$|^\/\/+/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/^```.*?^```/gms, ' ')
    .replace(/@example\b/g, ' ')
    .replace(/`([^`\n]*)`/g, (code) => code.replace(/[^`]/g, '·'))
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

export function opensBadly({ text }: Prose): boolean {
  return OPENING.test(text);
}

/** Sentences that begin with a pronoun or a genitive: the reader has to look for the noun in the sentence before. */
const SENTENCE =
  /^(?:It|Its|They|Their|This|That|These|Those|Which|What|Who|Whose|Whom|Whoever|Nobody|Somebody|Nothing|Of|So|By what)\b/;

function sentencesOf({ text }: Prose): string[] {
  return text.split(/(?<=[.!?])\s+(?=[A-Z])/);
}

export interface Figures {
  /** Docstrings whose first words leave a reader without a subject. Unit: percent of the docstrings. */
  readonly openings: number;
  /** Sentences, anywhere in a comment, that begin with a pronoun or a genitive. Unit: percent of the sentences. */
  readonly sentences: number;
  /** `who`, `whoever`, `whom`, `nobody`, `somebody`. Unit: per 1,000 words of comments. */
  readonly actorless: number;
  /** `it` and `its`. Unit: per 1,000 words of comments. */
  readonly it: number;
}

export function figuresOf(prose: readonly Prose[]): Figures {
  const docstrings = prose.filter(({ isDocstring }) => isDocstring);
  const sentences = prose.flatMap(sentencesOf);
  const words = prose
    .flatMap(({ text }) => text.match(/[A-Za-z]+(?:['\u2019][a-z]+)?/g) ?? [])
    .map((word) => word.toLowerCase());
  const perThousand = (wanted: readonly string[]) =>
    rate(words.filter((word) => wanted.includes(word)).length, words.length, 1000);
  return {
    openings: rate(docstrings.filter(opensBadly).length, docstrings.length, 100),
    sentences: rate(sentences.filter((sentence) => SENTENCE.test(sentence)).length, sentences.length, 100),
    actorless: perThousand(ACTORLESS),
    it: perThousand(IT),
  };
}

/** With one decimal. */
function rate(count: number, all: number, per: number): number {
  return all === 0 ? 0 : Math.round((count / all) * per * 10) / 10;
}
