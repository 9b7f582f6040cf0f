import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type Koa from 'koa'
import { type DeskWorld, deskApi } from './desk-api.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The desk: its page under /desk/ and its JSON API under /desk/api/; everything else is passed on. */
export function openDesk(world: DeskWorld): { middleware: Koa.Middleware; close(): void } {
  const api = deskApi(world)
  const folder = join(packageRoot(), 'server/sandbox/desk')
  return {
    close: api.close,
    async middleware(ctx, next) {
      if (ctx.path === '/desk') return ctx.redirect('/desk/')
      if (ctx.path.startsWith('/desk/api/')) return api.handle(ctx)
      if (!ctx.path.startsWith('/desk/')) return next()
      const name = ctx.path === '/desk/' ? 'index.html' : normalize(ctx.path.slice('/desk/'.length))
      const type = TYPES[extname(name)]
      const bytes =
        type && !name.startsWith('..') ? await readFile(join(folder, name)).catch(() => undefined) : undefined
      if (!bytes) return ctx.throw(404)
      ctx.set('Content-Security-Policy', "default-src 'self'; img-src 'self' data: blob: http: https:; frame-src *")
      ctx.set('Cache-Control', 'no-cache')
      ctx.type = type as string
      ctx.body = bytes
    },
  }
}

/** The page's files are not compiled: they are found from the package's root, whether this runs from source or not. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}
