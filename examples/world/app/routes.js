/** Players' calls go to their own connector and area; whatever knows no better goes to the first of its type. */
const BY_SESSION = { connector: 'frontendId', area: 'areaId' };

module.exports = {
  route(session, msg, app, cb) {
    const key = BY_SESSION[msg.serverType];
    const wanted = session && key ? session[key] : null;
    const list = app.getServersByType(msg.serverType);
    const found = wanted ? list.find((server) => server.id === wanted) : list[0];
    if (found) cb(null, found.id);
    else cb(new Error(`no ${msg.serverType} server ${wanted}`));
  },
};
