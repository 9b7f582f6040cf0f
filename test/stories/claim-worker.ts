import { join } from 'node:path'
import { claimCoupon } from '../../server/domain/loyalty/coupons.ts'
import { useLoyalty } from '../../server/domain/loyalty/programme.ts'
import { entities, migrations } from '../../server/entities.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { useKeys } from '../../server/lib/crypto.ts'
import { Database } from '../../server/lib/db.ts'
import { AppError } from '../../server/lib/errors.ts'

/** A process of its own that claims a coupon for many customers at once, and says how many got one. */
const [url = '', templatesDir = '', first = '0', count = '0', template = ''] = process.argv.slice(2)
useKeys(`test:${Buffer.alloc(32).toString('base64')}`)
const db = await Database.open({ url, entities, migrations, clock: systemClock })
await useLoyalty({ config: { templatesDir: join(templatesDir), packs: ['service-desk'] }, db })
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
const results = await Promise.all(
  Array.from({ length: Number(count) }, (_, n) =>
    db
      .write((tx) => claimCoupon(tx, `customer-${Number(first) + n}`, template, 'race'))
      .then(() => 1)
      .catch((error) => {
        if (error instanceof AppError) return 0
        throw error
      }),
  ),
)
await db.close()
process.stdout.write(`got ${results.reduce<number>((sum, one) => sum + one, 0)}\n`)
process.stdin.destroy()
