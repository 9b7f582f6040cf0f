/**
 * The product as a process that has read its code and waits: told to go, it opens as it always does. Half of what a start
 * costs is the reading, of which a story of kills learns nothing.
 */
import '../server/main.ts'

await new Promise((resolve) => {
  process.stdin.once('data', resolve)
  process.stdin.once('end', () => process.exit(0))
})
process.stdin.destroy()
await import('../server/run.ts')
