const history = require('../history');

module.exports = () => ({
  last(room, count, cb) {
    cb(null, history.last(room, count));
  },
});
