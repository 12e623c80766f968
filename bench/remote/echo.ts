/** The remote service of the mailstation peer: `echo.echo`. */
export const echo = {
  echo(value: unknown): unknown {
    return value;
  },
};
