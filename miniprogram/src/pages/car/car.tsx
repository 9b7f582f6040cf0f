import { Text, View } from '@tarojs/components'
import { useRouter } from '@tarojs/taro'
import { CarPicture } from '../../components/car-picture.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { type Rental, readRental, type Times } from '../../services/bookings.ts'
import { now } from '../../services/clock.ts'
import { yuan } from '../../services/money.ts'
import { sayTime } from '../../services/times.ts'
import { lengthOf } from '../../services/wall-clock.ts'
import { words } from '../../words.ts'
import './car.css'
import { PriceParts } from '../../components/price-parts.tsx'
import { Coupons } from './coupons.tsx'
import { Doors } from './doors.tsx'
import { Extras, Insurances } from './extras.tsx'
import { Submit } from './submit.tsx'
import { useWish } from './use-wish.ts'

const say = words.rental

/** One model for one time: what goes with it, what it costs part by part, and the order. */
export default function Car() {
  const { store = '', returnStore, from = '', until = '', model = '' } = useRouter().params
  const back = returnStore && decodeURIComponent(returnStore)
  const times = { store: decodeURIComponent(store), from: Number(from), until: Number(until) }
  return (
    <Page open>
      <Ordering times={back ? { ...times, returnStore: back } : times} model={decodeURIComponent(model)} />
    </Page>
  )
}

function Ordering({ times, model }: { times: Times; model: string }) {
  const { data, error, reload } = useLive(readRental)
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={4} />
  return <Order rental={data} times={times} model={model} />
}

function Order({ rental, times, model: name }: { rental: Rental; times: Times; model: string }) {
  const order = useWish(rental, times, name)
  const { wish, change, price, problem } = order
  const model = rental.models.find((one) => one.model === name)
  const titleOf = (store: string) => rental.stores.find((one) => one.store === store)?.title ?? store
  const { days, hours } = lengthOf(times.from, times.until)
  return (
    <View className="order">
      <View className="card order-head">
        {model ? <CarPicture model={model} /> : null}
        <View className="order-head-words">
          <Text className="order-title">{model?.title ?? name}</Text>
          <Text className="order-line">{`${sayTime(times.from, now())}，${titleOf(times.store)}`}</Text>
          <Text className="order-line">{`${sayTime(times.until, now())}，${titleOf(times.returnStore ?? times.store)}`}</Text>
          <Text className="order-line">{say.length(days, hours)}</Text>
        </View>
      </View>
      <Insurances insurances={rental.insurances} wish={wish} change={change} />
      <Extras extras={rental.extras} wish={wish} change={change} />
      <Doors rental={rental} wish={wish} change={change} />
      <Coupons wish={wish} change={change} />
      <View className="section-title">{say.order.price}</View>
      {price ? <PriceParts price={price.price} /> : <Text className="order-note">{say.order.pricing}</Text>}
      {problem ? (
        <View className="order-problem" ariaRole="alert">
          <Text>{problem}</Text>
        </View>
      ) : null}
      <Terms rental={rental} deposit={price?.deposit ?? model?.deposit} />
      <Submit rental={rental} order={order} />
    </View>
  )
}

/** What the deposit is, and what comes back to whoever calls it off. */
function Terms({ rental, deposit }: { rental: Rental; deposit: { car: number; violation: number } | undefined }) {
  return (
    <View>
      {deposit ? (
        <View>
          <View className="section-title">{`${say.order.deposit} ${yuan(deposit.car + deposit.violation)}`}</View>
          <Text className="order-note">{say.order.depositText(yuan(deposit.car), yuan(deposit.violation))}</Text>
        </View>
      ) : null}
      <View className="section-title">{say.order.cancel}</View>
      {rental.cancel.map(({ beforeMs, percent }) => (
        <Text key={beforeMs} className="order-note">
          {say.order.cancelLine(beforeMs / 3_600_000, percent)}
        </Text>
      ))}
    </View>
  )
}
