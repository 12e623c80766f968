class Names {
  constructor(app) {
    this.app = app;
    this.name = 'names';
  }

  async mine() {
    return this.app.getServerId();
  }
}

exports.default = (app) => new Names(app);
