/** What a server does here is beside the point. */
export const priceOf = (article) => article.length * 100;
