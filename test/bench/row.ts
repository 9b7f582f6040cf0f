/** One line of the bench's table: what was compared, how it came out, and the figures behind it. */
export interface BenchRow {
  name: string
  /** Ours against the other, in the direction in which more is better. */
  ratio: number
  /** None for a figure that is only told. */
  goal?: number
  met: boolean
  raw: Record<string, number | string>
}
