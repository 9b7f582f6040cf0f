import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { CarPicture } from '../../components/car-picture.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { type Model, type Offer, pageOfCar, type Rental, readOffers, type Times } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { ApiError } from '../../services/transport.ts'
import { words } from '../../words.ts'

const say = words.rental.find
const EVERY_MS = 20_000

/** Which models can be had then, how many of each, and from what price. */
export function Offers({ rental, times }: { rental: Rental; times: Times }) {
  const { data, error, reload } = useLive(
    () => readOffers(times),
    () => EVERY_MS,
  )
  if (error instanceof ApiError && error.status === 422)
    return (
      <View className="rent-refused" ariaRole="alert">
        <Text>{error.message}</Text>
      </View>
    )
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={3} />
  const free = data.filter(({ count }) => count > 0)
  const gone = data.filter(({ count }) => count === 0)
  return (
    <View>
      {free.length === 0 ? <Empty icon="booking" title={say.allGone} text={say.allGoneText} /> : null}
      {[...free, ...gone].map((offer) => {
        const model = rental.models.find((one) => one.model === offer.model)
        return model ? <Line key={offer.model} model={model} offer={offer} times={times} /> : null
      })}
    </View>
  )
}

function Line({ model, offer, times }: { model: Model; offer: Offer; times: Times }) {
  const { count, total, days } = offer
  const open = () => {
    if (count === 0) return
    Taro.navigateTo({ url: pageOfCar(times, model.model) })
  }
  return (
    <View className={`card offer ${count === 0 ? 'offer-gone' : ''}`} onClick={open} hoverClass="card-pressed">
      <CarPicture model={model} />
      <View className="offer-words">
        <Text className="offer-title">{model.title}</Text>
        <Text className="offer-more">
          {[model.classTitle, say.seats(model.seats), model.gearbox, say.energies[model.energy]]
            .filter(Boolean)
            .join(' · ')}
        </Text>
        <View className="offer-foot">
          <Text className={`offer-left ${count > 0 && count <= 3 ? 'offer-few' : ''}`}>
            {count === 0 ? say.none : say.left(count)}
          </Text>
          <View className="offer-price">
            <Text className="offer-total">{say.from(yuan(total))}</Text>
            <Text className="offer-day">{say.perDay(yuan(Math.round(total / Math.max(1, days))))}</Text>
          </View>
        </View>
      </View>
    </View>
  )
}
