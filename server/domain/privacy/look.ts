import type { PrivacyRule } from '../../engines/packs/privacy.ts'
import type { Blocker } from '../../engines/privacy/holding.ts'
import type { Words } from '../../lib/render.ts'
import type { PrivacyJob } from './job.ts'

const KEY = 'messages/privacy'

/** What stands in the way of an erasure, in sentences that say what to do. */
export function reasonsText(words: Words, blockers: Blocker[]): string[] {
  return blockers.map(({ why, data }) => words.text(`${KEY}.blocked.${why}`, data))
}

/** How an erasure stands, as the customer reads it, with the proof once it is over. */
export function erasureLook(words: Words, job: PrivacyJob | undefined, rule: PrivacyRule, open: Blocker[]) {
  const proof = job?.state === 'done' ? proofLines(words, job, rule) : undefined
  return {
    state: job && job.state !== 'cancelled' ? job.state : 'none',
    /** Nothing stands in the way. */
    can: open.length === 0,
    reasons: reasonsText(words, job?.reasons ?? open),
    /** Until when it can be taken back. */
    wakeAt: job?.state === 'waiting' ? job.wakeAt : null,
    coolingMs: rule.eraseAfterMs,
    endedAt: job?.endedAt ?? null,
    ...(proof && { proof }),
  }
}

/** What was deleted, and what was kept and why, line by line. */
function proofLines(words: Words, { proof }: PrivacyJob, rule: PrivacyRule) {
  return (proof ?? [])
    .filter(({ deleted, kept }) => deleted + kept > 0)
    .map(({ part, deleted, kept }) => ({
      part,
      title: words.text(`${KEY}.part.${part}`),
      deleted,
      kept,
      ...(kept > 0 && {
        why: words.text(`${KEY}.kept.${words.has(`${KEY}.kept.${part}`) ? part : 'other'}`, { years: rule.keepYears }),
      }),
    }))
}

/** How an export stands. */
export function exportLook(job: PrivacyJob | undefined) {
  const gone = !job || job.state === 'cancelled'
  return {
    state: gone ? 'none' : job.state,
    askedAt: gone ? null : job.createdAt,
    readyAt: job?.state === 'ready' ? job.endedAt : null,
    expiresAt: job?.state === 'ready' ? job.expiresAt : null,
  }
}
