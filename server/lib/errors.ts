/**
 * Errors are kinds. What a person reads is never written here: `why` is a key into `templates/messages/errors.yaml`,
 * rendered at the door with `data`.
 */
export abstract class AppError extends Error {
  abstract readonly status: number
  abstract readonly kind: string

  constructor(
    readonly why: string,
    readonly data: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(why, options)
    this.name = new.target.name
  }
}

/** The thing asked for does not exist, or not for the one who asks. */
export class NotFound extends AppError {
  readonly status = 404
  readonly kind = 'not_found'
}

/** Who asks is not known (no session, or it has ended). */
export class Unauthorized extends AppError {
  readonly status = 401
  readonly kind = 'unauthorized'
}

/** Who asks is known and may not. */
export class Forbidden extends AppError {
  readonly status = 403
  readonly kind = 'forbidden'
}

/** The input is wrong: names the field and the reason. */
export class Invalid extends AppError {
  readonly status: number = 422
  readonly kind = 'invalid'

  constructor(
    readonly field: string,
    why: string,
    data: Record<string, unknown> = {},
  ) {
    super(why, { field, ...data })
  }
}

/** The body is larger than the door lets through. */
export class TooLarge extends AppError {
  readonly status = 413
  readonly kind = 'too_large'
}

/** The state has moved on since the asker looked; `data` says who did what and when. */
export class Conflict extends AppError {
  readonly status = 409
  readonly kind = 'conflict'
}

/** Too many requests from one source; `retryAfterMs` tells when to come back. */
export class TooMany extends AppError {
  readonly status = 429
  readonly kind = 'too_many'

  constructor(readonly retryAfterMs: number) {
    const seconds = Math.ceil(retryAfterMs / 1000)
    // Nobody counts hundreds of seconds.
    super('too_many', { seconds, minutes: seconds > 90 ? Math.ceil(seconds / 60) : 0 })
  }
}

/** An outside system refused or failed. `retryable` says whether the same call may succeed later. */
export class PlatformError extends AppError {
  readonly status = 502
  readonly kind = 'platform'
  /** The platform itself has said no: certainly nothing was taken. */
  readonly answered: boolean

  constructor(
    readonly platform: string,
    readonly code: number | string,
    readonly retryable: boolean,
    detail: string,
    readonly retryAfterMs?: number,
    { answered, ...options }: ErrorOptions & { answered?: boolean } = {},
  ) {
    super('platform', { platform, code }, options)
    this.message = `${platform} ${code}: ${detail}`
    this.answered = answered ?? (typeof code === 'number' || code === 'ECONNREFUSED')
  }
}
