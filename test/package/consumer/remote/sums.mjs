export const sums = {
  add: (a, b) => a + b,
};
