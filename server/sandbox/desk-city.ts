interface Spot {
  lat: number
  lng: number
}

/** Asked for the city, with where somebody stands in it; answers undefined where there is none. */
export type AskCity = (beside?: Spot) => Promise<DeskCity | undefined>

/** The make-believe city as the desk's map shows it, in the product's own words; all places in GCJ-02. */
export interface DeskCity {
  /** Outlines, longitude first. */
  zones: { name: string; rings: number[][][]; closed: boolean }[]
  stations: (Spot & { code: string; name: string; here: number })[]
  /** `ours`: ridden by a customer of the product's, not by one of the make-believe riders. */
  vehicles: (Spot & { code: string; state: string; stateText: string; meters: number; case?: string; ours?: true })[]
  workers: (Spot & {
    name: string
    userids: string[]
    onDuty: boolean
    jobs: (Spot & { number: string; taken: boolean })[]
  })[]
}
