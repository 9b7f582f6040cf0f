import type { RuleFacts } from '../../engines/rules/hooks.ts'
import { Asset } from './asset.ts'

/** What rules may ask of a vehicle, a battery, a station. */
export const assetRuleFacts: RuleFacts = {
  changedBy: ['asset.'],
  async at(tx, id) {
    const asset = await tx.get(Asset, id)
    return asset && { id, code: asset.code, kind: asset.kind, state: asset.state, meters: asset.meters }
  },
  async list(tx, after, most) {
    const rows = await tx.query<{ id: string }>(`SELECT id FROM assets WHERE id > ? ORDER BY id LIMIT ${most}`, [after])
    return rows.map(({ id }) => id)
  },
}
