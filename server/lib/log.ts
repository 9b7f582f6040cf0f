import { type Logger, pino } from 'pino'

/** The process's logger: one JSON line an event; secrets and personal data are cut out by path. */
export const log: Logger = pino({
  level: process.env.LOG_LEVEL ?? 'info',
  redact: { paths: ['*.phone', '*.token', '*.secret', '*.accessToken', '*.sessionKey'], censor: '***' },
})
