// remote/test/module1.js
export const func1 = (a, b) => a + b;
