module.exports = (app) => ({
  where(_msg, _session, next) {
    const [{ id, clientHost, clientPort }] = app.getServersByType('connector');
    next(null, { id, clientHost, clientPort });
  },
});
