import type { Answers, FormDefinition } from './api.ts'

/** What a form holds from the beginning that another page has opened: texts for fields that it has. */
export function givenIn(form: FormDefinition, text: string | undefined): Answers {
  const names = new Set(form.fields.map(({ name }) => name))
  return Object.fromEntries(
    Object.entries(read(text)).filter(([name, value]) => names.has(name) && typeof value === 'string'),
  )
}

/** The page of a form with such answers. */
export function pageOfForm(form: string, given: Record<string, string>): string {
  return `/pages/form/form?name=${encodeURIComponent(form)}&given=${encodeURIComponent(JSON.stringify(given))}`
}

function read(text = ''): Answers {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(text))
    return typeof value === 'object' && value !== null ? (value as Answers) : {}
  } catch {
    return {}
  }
}
