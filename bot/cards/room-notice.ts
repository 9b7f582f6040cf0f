import { flowOf } from '../../server/engines/flows/flows.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { CardKind } from '../card.ts'
import { platformName } from '../platforms.ts'

/** Somebody who is concerned has no account where the room is: they are told that it is there, and go on by their cards. */
export const roomNotice: CardKind = {
  kind: 'room_elsewhere',
  async draw(tx, { subjectId, data }, words) {
    const run = await tx.get(FlowRun, subjectId)
    if (run?.state !== 'running') return undefined
    const flow = await flowOf(tx, run.definitionId)
    const platform = platformName(String(data.platform))
    return { text: words.text('cards/room-notice.elsewhere', { number: run.facts.number, flow: flow.title, platform }) }
  },
}
