import { around, distance } from 'geokdbush'
import KDBush from 'kdbush'
import pointInPolygon from 'point-in-polygon-hao'

/** A place on the map; which datum it is in (GCJ-02, WGS-84) is up to whoever keeps it. */
export interface Point {
  lat: number
  lng: number
}

/** The rings of a polygon as GeoJSON writes them: the outline, then the holes; longitude comes first. */
export type Rings = number[][][]

/** A named piece of the map; without polygons it is the rest of the world (GBFS: a global rule). */
export interface Zone {
  zone: string
  polygons: Rings[] | null
  rules?: Record<string, unknown>[]
  /** Outside this window it does not count (GBFS); milliseconds. */
  start?: number
  end?: number
}

/** How far two places lie apart, in metres as the crow flies. */
export function metresBetween(a: Point, b: Point): number {
  return distance(a.lng, a.lat, b.lng, b.lat) * 1000
}

/** The zone of a place: an earlier polygon wins over a later one, any polygon over a global zone (GBFS). */
export function zoneAt(zones: Zone[], point: Point, at?: number): Zone | undefined {
  const counting = at === undefined ? zones : zones.filter((zone) => isActive(zone, at))
  return counting.find((zone) => zone.polygons && covers(zone, point)) ?? counting.find(({ polygons }) => !polygons)
}

/** Whether a place lies in a zone; its border belongs to it, a global zone covers everything. */
export function covers({ polygons }: Zone, { lat, lng }: Point): boolean {
  if (!polygons) return true
  return polygons.some((rings) => inBox(rings[0] ?? [], lat, lng) && pointInPolygon([lng, lat], rings) !== false)
}

/** How far a place lies outside a zone, in metres; 0 inside. Good for what lies within some kilometres. */
export function metresTo(zone: Zone, point: Point): number {
  if (covers(zone, point)) return 0
  const onPlane = plane(point)
  const outlines = (zone.polygons ?? []).flatMap((rings) => rings.map((ring) => ring.map(onPlane)))
  const sides = outlines.flatMap((ring) => ring.slice(1).map((corner, i) => toSide(ring[i] as Flat, corner)))
  return sides.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
}

type Flat = [x: number, y: number]
const METRES_PER_DEGREE = 111_195

/** The map around a place, which lies at its origin, as if the earth were flat. */
function plane({ lat, lng }: Point): (corner: number[]) => Flat {
  const shrunk = Math.cos((lat * Math.PI) / 180)
  return ([cornerLng = 0, cornerLat = 0]) => [
    (cornerLng - lng) * shrunk * METRES_PER_DEGREE,
    (cornerLat - lat) * METRES_PER_DEGREE,
  ]
}

/** From the origin to the nearest point of a line between two corners. */
function toSide([ax, ay]: Flat, [bx, by]: Flat): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length))
  return Math.hypot(ax + share * dx, ay + share * dy)
}

function isActive({ start, end }: Zone, at: number): boolean {
  return (start === undefined || start <= at) && (end === undefined || at < end)
}

type Box = { west: number; south: number; east: number; north: number }
const boxes = new WeakMap<number[][], Box>()

/** Most places lie outside most zones: the box around an outline says so at once. */
function inBox(outline: number[][], lat: number, lng: number): boolean {
  let box = boxes.get(outline)
  if (!box) {
    const [lngs, lats] = [0, 1].map((axis) => outline.map((corner) => corner[axis] ?? Number.NaN)) as [
      number[],
      number[],
    ]
    box = { west: Math.min(...lngs), east: Math.max(...lngs), south: Math.min(...lats), north: Math.max(...lats) }
    boxes.set(outline, box)
  }
  return lng >= box.west && lng <= box.east && lat >= box.south && lat <= box.north
}

export interface Neighbour {
  key: string
  metres: number
}

/** So many are fetched from the index at first; whoever wants more gets four times as many. */
const FIRST = 16

/**
 * Points that move, and who of them is nearest. The index is a k-d tree, which cannot change: those that moved since it
 * was built stand beside it, and when they become many it is built anew.
 */
export class MovingPoints {
  private readonly points = new Map<string, Point>()
  private readonly moved = new Set<string>()
  private keys: string[] = []
  private tree?: KDBush

  get size(): number {
    return this.points.size
  }

  /** Puts a point somewhere; null takes it away. */
  set(key: string, point: Point | null): void {
    const before = this.points.get(key)
    if (before?.lat === point?.lat && before?.lng === point?.lng) return
    this.moved.add(key)
    if (point) this.points.set(key, { lat: point.lat, lng: point.lng })
    else this.points.delete(key)
  }

  /** The points from the nearest on, one by one; only those that `accept` lets through. */
  *nearest(from: Point, accept: (key: string) => boolean = () => true): Generator<Neighbour> {
    if (!this.tree || this.moved.size > 16 + this.points.size / 16) this.build()
    const beside = this.besideTree(from, accept)
    for (const one of this.inTree(from, accept)) {
      while ((beside[0]?.metres ?? Number.POSITIVE_INFINITY) < one.metres) yield beside.shift() as Neighbour
      yield one
    }
    yield* beside
  }

  private besideTree(from: Point, accept: (key: string) => boolean): Neighbour[] {
    const found: Neighbour[] = []
    for (const key of this.moved) {
      const point = this.points.get(key)
      if (point && accept(key)) found.push({ key, metres: metresBetween(from, point) })
    }
    return found.sort((a, b) => a.metres - b.metres)
  }

  private *inTree(from: Point, accept: (key: string) => boolean): Generator<Neighbour> {
    const { tree, keys, moved } = this
    if (!tree) return
    const counts = (id: number) => !moved.has(keys[id] as string) && accept(keys[id] as string)
    let done = 0
    for (let many = FIRST; ; many *= 4) {
      const ids = around(tree, from.lng, from.lat, many, Number.POSITIVE_INFINITY, counts)
      for (const id of ids.slice(done)) {
        const key = keys[id] as string
        yield { key, metres: metresBetween(from, this.points.get(key) as Point) }
      }
      done = ids.length
      if (done < many) return
    }
  }

  private build(): void {
    this.moved.clear()
    this.keys = [...this.points.keys()]
    this.tree = undefined
    if (this.keys.length === 0) return
    const tree = new KDBush(this.keys.length)
    for (const { lng, lat } of this.points.values()) tree.add(lng, lat)
    this.tree = tree.finish()
  }
}
