import { useEffect, useRef, useState } from 'react'
import { askPrice, type Price, type Rental, type Times, type Wish } from '../../services/bookings.ts'
import { explain } from '../../services/explain.ts'
import { online } from '../../services/network.ts'
import { useStore } from '../../services/store.ts'

type Priced = { price: Price; deposit: { car: number; violation: number } }

export interface Order {
  wish: Wish
  change: (part: Partial<Wish>) => void
  /** What it costs, as last heard; undefined until then. */
  price: Priced | undefined
  /** Whether that is the price of the wish as it stands now. */
  settled: boolean
  /** Why it cannot be had like this. */
  problem: string | undefined
}

/** A wish as it is put together, and its price after each change. */
export function useWish({ insurances }: Rental, times: Times, model: string): Order {
  const required = insurances.filter((one) => one.required).map(({ insurance }) => insurance)
  const [wish, setWish] = useState<Wish>({ ...times, model, insurances: required, extras: {} })
  const [priced, setPriced] = useState<{ wish: Wish; price: Priced }>()
  const connected = useStore(online)
  const [problem, setProblem] = useState<string>()
  const turn = useRef(0)

  const ask = async (asked: Wish) => {
    turn.current += 1
    const mine = turn.current
    try {
      const answer = await askPrice(asked)
      if (mine !== turn.current) return
      setPriced({ wish: asked, price: answer })
      setProblem(undefined)
    } catch (error) {
      if (mine === turn.current) setProblem(explain(error))
    }
  }
  const latest = useRef({ ask, wish, problem })
  latest.current = { ask, wish, problem }
  useEffect(() => {
    latest.current.ask(wish)
  }, [wish])
  // What could not be asked is asked once the network is back.
  useEffect(() => {
    if (connected && latest.current.problem) latest.current.ask(latest.current.wish)
  }, [connected])

  return {
    wish,
    change: (part) => setWish((before) => ({ ...before, ...part })),
    price: priced?.price,
    settled: priced?.wish === wish,
    problem,
  }
}
