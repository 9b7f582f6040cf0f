import { createHmac, timingSafeEqual } from 'node:crypto'
import Koa from 'koa'
import { faultDoor } from './fault-door.ts'
import { type Command, type LockWorld, obey } from './lock-world.ts'

const MAX_SKEW_S = 300

/** An error in the service's way: a status, a code and a sentence. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code)
  }
}

/** The API of the lock service: commands, each under its own id (docs/locks.md). */
export function lockApp(world: LockWorld): Koa {
  const app = new Koa()
  app.silent = true
  app.use(faultDoor(world.faults, ({ status }) => status < 400))
  app.use(async (ctx) => {
    try {
      const body = await bodyOf(ctx)
      checkSignature(world, ctx, body)
      const command = answer(world, ctx, body)
      const { id, state, at, code } = command
      ctx.body = { id, state, at, code }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      ctx.status = error.status
      ctx.body = { code: error.code, message: error.code }
    }
  })
  return app
}

function answer(world: LockWorld, ctx: Koa.Context, body: string): Command {
  const [, said = '', cancel] = /^\/commands(?:\/([^/]+)(\/cancel)?)?$/.exec(ctx.path) ?? []
  const what = ctx.method === 'GET' ? 'look' : cancel ? 'cancel' : 'unlock'
  world.calls.set(what, (world.calls.get(what) ?? 0) + 1)
  if (what === 'unlock') return take(world, body)
  const command = world.state.commands[decodeURIComponent(said)]
  if (!command && what === 'cancel') {
    // It may still be on its way: when it comes, it is over already.
    const id = decodeURIComponent(said)
    world.state.commands[id] = { id, lock: '', state: 'cancelled' }
    return world.state.commands[id]
  }
  if (!command) throw new Refused(404, 'command_unknown')
  if (what === 'cancel' && command.state === 'accepted') command.state = 'cancelled'
  return command
}

function take(world: LockWorld, body: string): Command {
  const { faults, state, memory } = world
  const { id, lock, do: what } = read(body)
  if (typeof id !== 'string' || typeof lock !== 'string' || what !== 'unlock') throw new Refused(400, 'wrong_body')
  const known = state.commands[id]
  if (known) return known
  const refused = faults.refuse.shift()
  if (refused) throw new Refused(refused === 'lock_unknown' ? 404 : 409, refused)
  const command: Command = { id, lock, state: 'accepted' }
  state.commands[id] = command
  memory.touch()
  // The lock answers on its own time; who asked does not wait for it.
  if (!faults.moveManually) setImmediate(() => obey(world, command))
  return { ...command }
}

function read(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body)
  } catch {
    throw new Refused(400, 'wrong_body')
  }
}

async function bodyOf(ctx: Koa.Context): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** The path is signed as the product sent it, below its own base. */
function checkSignature(world: LockWorld, ctx: Koa.Context, body: string): void {
  const timestamp = ctx.get('lock-timestamp')
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_SKEW_S)) throw new Refused(401, 'timestamp')
  const signed = `${ctx.method}\n/lock${ctx.url}\n${timestamp}\n${body}\n`
  const expected = Buffer.from(createHmac('sha256', world.key).update(signed).digest('hex'))
  const given = Buffer.from(ctx.get('lock-signature'))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Refused(401, 'signature')
}
