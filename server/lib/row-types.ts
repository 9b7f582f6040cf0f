import type { ObjectLiteral } from 'typeorm'

type FieldKeys<E> = { [K in keyof E]: E[K] extends (...args: never[]) => unknown ? never : K }[keyof E]
type NullableKeys<E> = { [K in FieldKeys<E>]: null extends E[K] ? K : never }[FieldKeys<E>]
/** The columns a new row must give: nullable ones may be left out. */
export type New<E> = Pick<E, Exclude<FieldKeys<E>, NullableKeys<E>>> & Partial<Pick<E, NullableKeys<E>>>

/** A row of each of several entities; undefined where a left join found none. */
export type Joined<T extends ObjectLiteral[]> = { [K in keyof T]: T[K] | undefined }

/** A row as it was found, and what is to be different. */
export interface Change<E> {
  before: E
  changes: Partial<E>
}
