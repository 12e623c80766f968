/**
 * The id of a heading, as GitHub gives it: the pages link to headings, and are read in both places.
 *
 * @param {string} heading Text of the heading, without its markup.
 */
export function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
