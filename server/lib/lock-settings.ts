/** The service that opens the locks of vehicles (docs/locks.md). */
export interface LockSettings {
  /** Empty: the sandbox's stand-in, whose port is known when it stands. */
  apiBase: string
  /** Shared with the service; signs what goes either way. */
  key: string
}

/** The lock service; in the sandbox its address may be missing. */
export function lockSettings(
  { LOCK_API_BASE: apiBase = '', LOCK_KEY: key = '' }: { LOCK_API_BASE?: string; LOCK_KEY?: string },
  sandbox: boolean,
  problems: string[],
): LockSettings | undefined {
  if (!apiBase && !key) return undefined
  if (!key) problems.push('LOCK_KEY: missing, while LOCK_API_BASE is set')
  if (!apiBase && !sandbox) problems.push('LOCK_API_BASE: missing, while LOCK_KEY is set')
  return { apiBase, key }
}
