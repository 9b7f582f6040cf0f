import type { Tx } from '../../lib/tx.ts'
import { Staff } from './staff.ts'

/** The active people of this name; when nobody bears all of it, those in whose name it occurs. */
export async function namedStaff(tx: Tx, name: string): Promise<Staff[]> {
  const whole = await tx.find(Staff, 'WHERE active = 1 AND name = ? ORDER BY id', [name])
  if (whole.length > 0) return whole
  const part = name.replace(/[\\%_]/g, '')
  if (part === '') return []
  return tx.find(Staff, 'WHERE active = 1 AND name LIKE ? ORDER BY id LIMIT 10', [`%${part}%`])
}
