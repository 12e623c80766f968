module.exports = (app) => ({
  mine(callback) {
    callback(null, app.getServerId());
  },
});
