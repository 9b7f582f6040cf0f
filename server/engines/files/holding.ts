import type { Holding } from '../privacy/holding.ts'
import { dropRows, tellRows } from '../privacy/rows.ts'
import { Attachment } from './attachment.ts'
import { PICTURE_ENDING } from './files.ts'

const MINE = `ownerType = 'customer' AND ownerId = ?`

/** The pictures that a customer sent: rows and bytes go. */
export const pictureHolding: Holding = {
  name: 'pictures',
  tell: (tx, customerId, after) =>
    tellRows(tx, Attachment, {
      where: MINE,
      values: [customerId],
      after,
      look: ({ id, createdAt, width, height, size }) => ({ picture: id, createdAt, width, height, size }),
    }),
  async files(tx, customerId) {
    const rows = await tx.find(Attachment, `WHERE ${MINE}`, [customerId])
    return rows.map(({ id }) => ({ id, ending: PICTURE_ENDING }))
  },
  erase: (tx, { customerId }) => dropRows(tx, 'attachments', MINE, [customerId]),
}
