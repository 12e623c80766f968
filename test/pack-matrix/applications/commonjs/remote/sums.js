exports.add = (a, b) => a + b;

exports.upTo = async function* upTo(end) {
  for (let n = 1; n <= end; n++) yield n;
};

exports.fail = () => {
  throw new RangeError('no such sum');
};
