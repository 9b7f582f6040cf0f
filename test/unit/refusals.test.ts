import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../server/lib/config.ts'
import { loadWords } from '../../server/lib/render.ts'
import { test } from '../suite.ts'

/** `new Conflict('why'`, `new Invalid('field', 'why'`: what a refusal is called in our sources; in forms also a `why`. */
const THROWN = [
  /new (?:Conflict|Forbidden|NotFound|Unauthorized|TooLarge)\(\s*'(\w+)'/g,
  /new Invalid\([^,()]+(?:\([^()]*\))?[^,()]*,\s*'(\w+)'/g,
]
const IN_FORMS = /\bwhy: '(\w+)'/g

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('sandbox'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
}

test('every refusal has words for whoever reads it', () => {
  const words = loadWords(join(ROOT, 'templates'))
  const found = (texts: string[], named: RegExp) =>
    texts.flatMap((text) => [...text.matchAll(named)].map(([, why]) => why))
  const thrown = THROWN.flatMap((named) => found([...sources('server'), ...sources('bot')], named))
  const names = [...thrown, ...found(sources('server/engines/forms'), IN_FORMS)]
  assert.ok(new Set(names).size > 80, 'the sources are read')
  const silent = [...new Set(names)].filter(
    (why) => !words.has(`messages/errors.${why}`) && !words.has(`messages/form-errors.form.${why}`),
  )
  assert.deepEqual(silent, [])
})
