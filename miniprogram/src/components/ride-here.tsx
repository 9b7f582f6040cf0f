import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useLive } from '../hooks/use-live.ts'
import { useTask } from '../hooks/use-task.ts'
import { pageOfRide, readCurrent, readHere, unlock } from '../services/rides.ts'
import { words } from '../words.ts'
import { Action } from './action.tsx'
import './ride-here.css'

const say = words.rides

/** What it costs to ride the vehicle before which somebody stands, and the way onto it; nothing for what is not ridden. */
export function RideHere({ code }: { code: string }) {
  const { data, reload } = useLive(() => readHere(code))
  const [busy, start] = useTask()
  if (!data?.plan) return null
  const { plan, can, why, whyText, firstFree, card, battery } = data

  const open = (id: string) => Taro.navigateTo({ url: pageOfRide(id) })
  const begin = () =>
    start(async () => {
      const ride = await unlock(code)
      await open(ride.id)
      await reload()
    })
  const current = () =>
    start(async () => {
      const ride = await readCurrent()
      if (ride) await open(ride.id)
    })

  return (
    <View className="card ride-here">
      <Text className="ride-here-title">{plan.title}</Text>
      <Text className="ride-here-text">{plan.text}</Text>
      {firstFree ? <Text className="ride-here-good">{say.firstFree(firstFree.minutes)}</Text> : null}
      {card?.leftToday === undefined ? null : (
        <Text className="ride-here-good">{say.cardHere(card.title, card.leftToday)}</Text>
      )}
      {battery === null ? null : <Text className="ride-here-text">{say.battery(battery)}</Text>}
      {whyText ? <Text className="ride-here-why">{whyText}</Text> : null}
      {can ? <Action text={say.unlock} busyText={say.unlocking} busy={busy} onClick={begin} /> : null}
      {why === 'ride_open' ? <Action text={say.current} busy={busy} onClick={current} /> : null}
      {why === 'ride_unpaid' ? (
        <Action text={say.goPay} onClick={() => Taro.navigateTo({ url: '/pages/rides/rides' })} />
      ) : null}
    </View>
  )
}
