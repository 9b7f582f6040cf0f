import { useEffect, useRef, useState } from 'react'
import { askPrice, type Price, type Rental, type Times, type Wish } from '../../services/bookings.ts'
import { explain } from '../../services/explain.ts'

type Priced = { price: Price; deposit: { car: number; violation: number } }

export interface Order {
  wish: Wish
  change: (part: Partial<Wish>) => void
  /** What it costs as it is; undefined while that is worked out. */
  price: Priced | undefined
  /** Why it cannot be had like this. */
  problem: string | undefined
  again: () => void
}

/** A wish as it is put together, and its price after each change. */
export function useWish({ insurances }: Rental, times: Times, model: string): Order {
  const required = insurances.filter((one) => one.required).map(({ insurance }) => insurance)
  const [wish, setWish] = useState<Wish>({ ...times, model, insurances: required, extras: {} })
  const [price, setPrice] = useState<Priced>()
  const [problem, setProblem] = useState<string>()
  const turn = useRef(0)

  const ask = async (asked: Wish) => {
    turn.current += 1
    const mine = turn.current
    try {
      const answer = await askPrice(asked)
      if (mine !== turn.current) return
      setPrice(answer)
      setProblem(undefined)
    } catch (error) {
      if (mine === turn.current) setProblem(explain(error))
    }
  }
  const latest = useRef(ask)
  latest.current = ask
  useEffect(() => {
    latest.current(wish)
  }, [wish])

  return {
    wish,
    change: (part) => setWish((before) => ({ ...before, ...part })),
    price,
    problem,
    again: () => ask(wish),
  }
}
