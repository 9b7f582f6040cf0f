import { type Clock, MINUTE, SECOND } from '../lib/clock.ts'

/** A token as a platform hands it out; `expiresInS` counts from the moment of the answer. */
export interface FreshToken {
  token: string
  expiresInS: number
}

/** Keeps one access token and never asks for it twice at the same time. */
export interface TokenCache {
  /** The present token, fetched when there is none or it is about to expire. */
  get(): Promise<string>
  /** Forgets `token` if it is still the present one; a newer one, fetched meanwhile by somebody else, stays. */
  drop(token: string): void
}

const EARLY = 5 * MINUTE

/** A token cache with single flight: renews five minutes early (or at half-life, if the life is shorter than ten). */
export function tokenCache(fetchToken: () => Promise<FreshToken>, clock: Clock): TokenCache {
  let held: { token: string; until: number } | undefined
  let flight: Promise<string> | undefined

  const renew = async () => {
    const { token, expiresInS } = await fetchToken()
    const life = expiresInS * SECOND
    held = { token, until: clock.now() + life - Math.min(EARLY, life / 2) }
    return token
  }

  return {
    async get() {
      if (held && clock.now() < held.until) return held.token
      flight ??= renew().finally(() => {
        flight = undefined
      })
      return flight
    },
    drop(token) {
      if (held?.token === token) held = undefined
    },
  }
}
