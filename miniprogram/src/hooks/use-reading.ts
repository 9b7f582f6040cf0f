import { useRef, useState } from 'react'
import type { PhotoItem } from '../services/photo-item.ts'
import { type PaperKind, type PaperReading, readPaper } from '../services/profile.ts'
import { ApiError } from '../services/transport.ts'
import { words } from '../words.ts'

/** Less sure than this is to be looked at twice. */
const SURE = 0.8

export interface Typed {
  number: string
  holder: string
  class: string
  issued: string
  until: string
}

export interface Reading {
  state: 'none' | 'reading' | 'read' | 'failed'
  /** Why nothing was read. */
  why: string
  /** The fields that are to be looked at twice. */
  doubts: Set<keyof Typed>
}

const NOTHING: Reading = { state: 'none', why: '', doubts: new Set() }
const FIELDS = { number: 'number', name: 'holder', class: 'class', issued_on: 'issued', valid_to: 'until' } as const

/** Reads each picture of a paper once it is there, and hands over what stands on it. */
export function useReading(kind: PaperKind, fill: (read: Partial<Typed>) => void) {
  const [reading, setReading] = useState<Reading>(NOTHING)
  const known = useRef(new Set<string>())

  const look = async (photos: PhotoItem[]) => {
    if (kind === 'passport') return
    for (const { state, id } of photos) {
      if (state !== 'sent' || !id || known.current.has(id)) continue
      known.current.add(id)
      setReading((before) => ({ ...before, state: 'reading' }))
      try {
        const read = await readPaper(kind, id)
        const typed = typedOf(read)
        if (!typed.number && !typed.until) throw new Error('unreadable')
        fill(typed)
        setReading(({ doubts }) => ({ state: 'read', why: '', doubts: new Set([...doubts, ...doubtsOf(read)]) }))
      } catch (error) {
        setReading((before) => ({
          ...before,
          state: 'failed',
          why: error instanceof ApiError ? error.message : words.privacy.papers.unread,
        }))
      }
    }
  }
  return { reading, look, forget: () => setReading(NOTHING) }
}

function typedOf({ fields }: PaperReading): Partial<Typed> {
  return Object.fromEntries(
    Object.entries(FIELDS).flatMap(([name, field]) => {
      const value = fields[name as keyof typeof FIELDS]?.value
      return value === undefined ? [] : [[field, value === 'forever' ? '' : value]]
    }),
  )
}

function doubtsOf({ fields, doubts }: PaperReading): (keyof Typed)[] {
  return Object.entries(FIELDS).flatMap(([name, field]) => {
    const sure = fields[name as keyof typeof FIELDS]?.sure ?? 1
    return sure < SURE || doubts.some((doubt) => doubt.field === name) ? [field] : []
  })
}
