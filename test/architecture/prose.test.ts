import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LIBRARY, list, sourceFiles } from './house.js';
import { figuresOf, opensBadly, type Prose, proseOf } from './prose.js';
import { PROSE_BOUNDS } from './prose-bounds.js';

const doc = (text: string): Prose => ({ file: 'a.ts', line: 1, text, isDocstring: true });

describe('the measure of prose', () => {
  const bad = [
    'Of the request.',
    'What of an error crosses the wire.',
    'Whose method is just being called.',
    'So many failures without a success.',
    'Nobody waits for this answer.',
    'It was answered.',
    'One that is over is no error.',
    'As above.',
  ];
  for (const text of bad) it(`finds no subject in "${text}"`, () => assert.ok(opensBadly(doc(text))));

  const good = [
    'Number of calls in flight.',
    'Resolves when the port is free.',
    'How long one attempt may take.',
    'One timer for all deadlines of a table.',
    'Whether a callback is appended to the arguments.',
    'Offers the channel to Followers.',
    'Items of the list.',
  ];
  for (const text of good) it(`accepts "${text}"`, () => assert.ok(!opensBadly(doc(text))));

  it('counts words a thousand, and docstrings a hundred', () => {
    const prose = [
      doc('It waits for somebody who answers.'),
      doc('Number of calls.'),
      { ...doc('its'), isDocstring: false },
    ];
    assert.deepEqual(figuresOf(prose), { openings: 50, sentences: 33.3, actorless: 200, it: 200 });
  });
});

describe('the prose of the sources', () => {
  const prose = proseOf(sourceFiles(LIBRARY));
  const figures = figuresOf(prose);

  it(`opens ${PROSE_BOUNDS.openings} % of the docstrings at most without a subject`, () => {
    const places = prose.filter((each) => each.isDocstring && opensBadly(each));
    const shown = places.map(({ file, line, text }) => `${file}:${line}: ${text.slice(0, 80)}`);
    assert.ok(figures.openings <= PROSE_BOUNDS.openings, list(`${figures.openings} % open without a subject`, shown));
  });

  it(`begins ${PROSE_BOUNDS.sentences} % of the sentences at most with a pronoun or a genitive`, () => {
    assert.ok(figures.sentences <= PROSE_BOUNDS.sentences, `${figures.sentences} %: begin with the noun`);
  });

  it(`says who, whoever, whom, nobody or somebody ${PROSE_BOUNDS.actorless} times in 1,000 words at most`, () => {
    const places = prose.filter(({ text }) => /\b(?:who|whoever|whom|nobody|somebody)\b/i.test(text));
    const shown = places.map(({ file, line, text }) => `${file}:${line}: ${text.slice(0, 80)}`);
    assert.ok(figures.actorless <= PROSE_BOUNDS.actorless, list(`${figures.actorless} in 1,000 words`, shown));
  });

  it(`says it or its ${PROSE_BOUNDS.it} times in 1,000 words at most`, () => {
    assert.ok(figures.it <= PROSE_BOUNDS.it, `${figures.it} in 1,000 words: repeat the noun in place of the pronoun`);
  });
});
