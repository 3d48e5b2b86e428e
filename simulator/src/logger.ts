/** What the simulator needs of a logger; pino fits. */
export type Logger = {
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
