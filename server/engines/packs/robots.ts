import { Gauge } from 'prom-client'
import { log } from '../../lib/log.ts'
import type { PackHead } from './pack.ts'

const unknownRobots = new Gauge({
  name: 'yingke_unknown_group_robots',
  help: 'Group robots that a pack in force names and that are not configured: nothing is announced there',
  labelNames: ['robot'],
})

/** A group robot that a pack names and that nobody has configured. */
export interface UnknownRobot {
  file: string
  field: string
  robot: string
}

/** The group robots that the packs announce by and that are not among `known`. */
export function robotsMissing(heads: PackHead[], known: ReadonlySet<string>): UnknownRobot[] {
  return heads.flatMap(({ pack, escalations }) =>
    Object.entries(escalations).flatMap(([name, { announce }]) =>
      announce && !known.has(announce)
        ? [{ file: `${pack}/pack.yaml`, field: `escalations.${name}.announce`, robot: announce }]
        : [],
    ),
  )
}

/** Tells the operator of group robots that are missing: in the log and in /metrics. */
export function tellOfRobots(missing: UnknownRobot[]): void {
  unknownRobots.reset()
  for (const one of missing) {
    unknownRobots.set({ robot: one.robot }, 1)
    log.warn(one, 'a pack names a group robot that is not configured; what climbs is not announced there')
  }
}
