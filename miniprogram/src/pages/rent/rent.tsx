import { View } from '@tarojs/components'
import { useState } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { type Rental, readRental, type Times } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { quickTimes } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'
import { Offers } from './offers.tsx'
import './rent.css'
import { Stores } from './stores.tsx'
import { When } from './when.tsx'

const say = words.rental.find

/** Finding a car: where, when, and which can be had then. */
export default function Rent() {
  return (
    <Page open>
      <Finding />
    </Page>
  )
}

function Finding() {
  const { data, error, reload } = useLive(readRental)
  const [chosen, setChosen] = useState<Times>()
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={4} />
  const times = chosen ?? usual(data)
  if (!times) return <Empty icon="booking" title={say.noStore} text={say.noStoreText} />
  return (
    <View className="rent">
      <View className="card rent-wish">
        <Stores rental={data} times={times} onChange={setChosen} />
        <When rental={data} times={times} onChange={setChosen} />
      </View>
      <View className="section-title">{say.models}</View>
      <Offers key={JSON.stringify(times)} rental={data} times={times} />
    </View>
  )
}

/** What stands there at first: the first store, two days from tomorrow. */
function usual({ stores, times: terms }: Rental): Times | undefined {
  const [first] = stores
  const quick = first && quickTimes(first.week, terms, now())
  const one = quick?.find(({ quick: name }) => name === 'tomorrow') ?? quick?.[0]
  return first && one && { store: first.store, from: one.from, until: one.until }
}
