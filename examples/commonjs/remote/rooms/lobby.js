const members = new Set();

exports.join = async (name) => {
  members.add(name);
  return [...members];
};
