import { join } from 'node:path'
import { operatorKey } from './domain/customers/operator.ts'
import { openRoots } from './engines/keys/roots.ts'
import { entities, migrations } from './entities.ts'
import { systemClock } from './lib/clock.ts'
import { readConfig } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'
import { Database } from './lib/db.ts'

/** Prints the key with which an operator's program comes in at `/api/operator/`, as `Authorization: Bearer <key>`. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  // The key follows from a secret that the house keeps, so that it outlives a change of keys.
  const db = await Database.open({ url: config.databaseUrl, entities, migrations, clock: systemClock })
  await openRoots(db)
  await db.close()
  process.stdout.write(`${operatorKey()}\n`)
}

await main()
