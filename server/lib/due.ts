import type { Tx } from './tx.ts'

/** When something has to be done next, as a question that the database answers among others in one statement. */
export type Next = string | (() => string)

/** The earliest instant in a column. */
export function earliest(table: string, column: string, where?: string): string {
  return `SELECT MIN(${column}) FROM ${table} WHERE ${column} IS NOT NULL${where ? ` AND ${where}` : ''}`
}

/** At once, as long as there is such a row: `whenever('dispatch_waits')`. */
export function whenever(rows: string): string {
  return `SELECT 0 FROM ${rows} LIMIT 1`
}

/** The answers, in the order of the questions; undefined where there is nothing to do. */
export async function instants(tx: Tx, questions: Next[]): Promise<(number | undefined)[]> {
  if (questions.length === 0) return []
  const columns = questions.map((question, i) => `(${typeof question === 'string' ? question : question()}) AS n${i}`)
  const [row] = await tx.query<Record<string, number | null>>(`SELECT ${columns.join(', ')}`)
  return questions.map((_, i) => {
    const at = row?.[`n${i}`]
    return at == null ? undefined : Number(at)
  })
}

/** The first of several instants, or undefined when nothing is to be done. */
export async function soonest(tx: Tx, questions: Next[]): Promise<number | undefined> {
  const known = (await instants(tx, questions)).filter((at) => at !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
