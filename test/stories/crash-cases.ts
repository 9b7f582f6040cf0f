/** What becomes of a complaint in the story. */
export type Fate =
  /** Done as it comes. */
  | 'plain'
  /** Nobody touches one of its steps until every director was told. */
  | 'late'
  /** The engineer asks the customer, who answers. */
  | 'asked'
  /** The engineer asks the customer, who never answers. */
  | 'silent'
  /** Nobody ever touches it. */
  | 'forsaken'
  /** The customer takes it back. */
  | 'withdrawn'

export interface Case {
  /** Stands in the description, so that who sees a card knows which it is. */
  tag: string
  fate: Fate
  urgent: boolean
  /** The title of the step that is left lying. */
  lateStep?: string
  /** Known once the complaint was filed. */
  id?: string
  number?: string
  /** Set when the question has reached the customer. */
  asked?: boolean
  /** Set when the customer has answered the question. */
  answered?: boolean
}

const LATE_STEPS = ['登记核实', '制定方案', '与客户沟通', '落实解决']

/** The complaints of the story: most are plain, a share of them have a fate of their own. */
export function makeCases(count: number): Case[] {
  return Array.from({ length: count }, (_, n) => {
    const fate = fateOf(n)
    return {
      tag: `第${String(n).padStart(3, '0')}号`,
      fate,
      urgent: n % 10 === 5,
      lateStep: fate === 'late' ? LATE_STEPS[Math.floor(n / 10) % LATE_STEPS.length] : undefined,
    }
  })
}

function fateOf(n: number): Fate {
  if (n % 10 === 1) return 'late'
  if (n % 10 === 2) return 'asked'
  if (n % 40 === 3) return 'silent'
  if (n % 40 === 4) return 'forsaken'
  if (n % 40 === 6) return 'withdrawn'
  return 'plain'
}

/** The tag in a text, or undefined. */
export function tagIn(text: string): string | undefined {
  return /第\d{3}号/.exec(text)?.[0]
}
