import { join } from 'node:path'
import { operatorKey } from './domain/customers/operator.ts'
import { readConfig } from './lib/config.ts'
import { keysFromFile, useKeys } from './lib/crypto.ts'

/** Prints the key with which an operator's program comes in at `/api/operator/`, as `Authorization: Bearer <key>`. */
function main(): void {
  const config = readConfig(process.env)
  useKeys(config.dataKeys ?? keysFromFile(join(config.dataDir, 'keys')))
  process.stdout.write(`${operatorKey()}\n`)
}

main()
