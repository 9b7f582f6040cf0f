import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type Koa from 'koa'
import { ROOT } from './lib/config.ts'

const FOLDER = join(ROOT, 'miniprogram/dist/h5')
/** What a build has named after its content: it never changes. */
const HASHED = /\.[0-9a-f]{8,}\./
const TEXT = /\.(?:js|css)$/
const pack = promisify(gzip)

/** The mini-program as H5 under /app/: files as they were built; names that carry a hash are kept for a year. */
export function h5(): Koa.Middleware {
  const packed = new Map<string, Promise<Buffer>>()
  return async (ctx, next) => {
    if (ctx.path === '/app') return ctx.redirect('/app/')
    if (!ctx.path.startsWith('/app/') || !['GET', 'HEAD'].includes(ctx.method)) return next()
    const name = fileName(ctx.path.slice('/app/'.length))
    if (!name) return
    const path = join(FOLDER, name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return
    ctx.type = extname(name)
    ctx.set('Cache-Control', HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (HASHED.test(name) && TEXT.test(name)) {
      ctx.vary('Accept-Encoding')
      if (ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
        // Each is packed once, when somebody first asks for it.
        const once = packed.get(path) ?? readFile(path).then((bytes) => pack(bytes))
        packed.set(path, once)
        ctx.set('Content-Encoding', 'gzip')
        ctx.body = await once
        return
      }
    }
    ctx.length = found.size
    ctx.body = createReadStream(path)
  }
}

/** The file that a path names, or undefined when it names none of ours. */
function fileName(path: string): string | undefined {
  try {
    const name = normalize(decodeURIComponent(path) || 'index.html')
    return name.startsWith('..') ? undefined : name
  } catch {
    return undefined
  }
}
