import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import type Koa from 'koa'
import { ROOT } from './lib/config.ts'

const FOLDER = join(ROOT, 'miniprogram/dist/h5')

/** The mini-program as H5 under /app/: files as they were built; names that carry a hash are kept for a year. */
export function h5(): Koa.Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/app') return ctx.redirect('/app/')
    if (!ctx.path.startsWith('/app/') || !['GET', 'HEAD'].includes(ctx.method)) return next()
    const name = fileName(ctx.path.slice('/app/'.length))
    if (!name) return
    const path = join(FOLDER, name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return
    ctx.type = extname(name)
    ctx.length = found.size
    ctx.set('Cache-Control', /\.[0-9a-f]{8,}\./.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache')
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
