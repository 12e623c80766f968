module.exports = (app) => {
  const { controller } = app;
  app.get('/ask', controller.clients.ask);
  app.get('/home', controller.clients.home);
  app.get('/note', controller.clients.note);
  app.get('/publish', controller.clients.publish);
  app.get('/seen', controller.clients.seen);
};
