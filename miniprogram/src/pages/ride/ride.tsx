import { Text, View } from '@tarojs/components'
import Taro, { useRouter } from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { PhotoPicker } from '../../components/photo-picker.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { yuan } from '../../services/money.ts'
import type { PhotoItem } from '../../services/photo-item.ts'
import { end, pause, type Ride, readRide } from '../../services/rides.ts'
import { words } from '../../words.ts'
import { Bill } from './bill.tsx'
import { Coupon } from './coupon.tsx'
import './ride.css'

const say = words.rides
/** How soon a ride is looked at again by its state: what it came to, and that it is paid for, may come after its end. */
const WAITS_MS: Partial<Record<Ride['state'], number>> = { unlocking: 2000, riding: 10_000, ended: 5000 }

/** One ride: the lock opens, it goes on, it is over and what it came to. */
export default function RidePage() {
  const { id = '' } = useRouter().params
  return (
    <Page>
      <Going id={id} />
    </Page>
  )
}

function Going({ id }: { id: string }) {
  const ride = useLive(
    () => readRide(id),
    (now) => (now && WAITS_MS[now.state]) ?? null,
  )
  const { data, error, reload, put } = ride
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={2} />
  const over = data.state === 'ended' || data.state === 'paid'
  return (
    <View>
      <View className="ride-head">
        <Text className="ride-title">{`${data.title} ${data.code}`}</Text>
        <Text className="ride-state">{data.stateText}</Text>
        {data.startedAt === null ? null : (
          <Text className="ride-length">
            {over && data.meters > 0
              ? `${say.minutes(data.minutes)} · ${say.way(data.meters)}`
              : say.minutes(data.minutes)}
          </Text>
        )}
        {data.soFar === undefined ? null : <Text className="ride-note">{`${say.soFar} ${yuan(data.soFar)}`}</Text>}
        {data.why ? <Text className="ride-note">{data.why}</Text> : null}
        {data.failure ? <Text className="ride-note">{data.failure}</Text> : null}
      </View>
      {data.state === 'unlocking' || data.state === 'riding' ? <Ways ride={data} put={put} /> : null}
      {data.couponsOpen ? <Coupon key={data.state} ride={data} put={put} /> : null}
      {over ? <Bill ride={data} reload={reload} /> : null}
    </View>
  )
}

function Ways({ ride, put }: { ride: Ride; put: (ride: Ride) => void }) {
  const [busy, start] = useTask()
  const act = (work: () => Promise<Ride>) => () => start(async () => put(await work()))
  if (ride.state === 'unlocking')
    return (
      <View className="ride-ways">
        <Text className="ride-note">{say.waiting}</Text>
        <Action look="quiet" text={say.giveUp} busy={busy} onClick={act(() => end(ride.id))} />
      </View>
    )
  if (ride.pausedAt !== null)
    return (
      <View className="ride-ways">
        <Text className="ride-note">{say.pausedNote}</Text>
        <Action text={say.resume} busy={busy} onClick={act(() => pause(ride.id, false))} />
        <Action look="quiet" text={say.endHere} busy={busy} onClick={act(() => end(ride.id))} />
      </View>
    )
  return (
    <View className="ride-ways">
      <Text className="ride-note">{say.riding}</Text>
      <Action look="quiet" text={say.pause} busy={busy} onClick={act(() => pause(ride.id, true))} />
      <OpenLock ride={ride} put={put} />
    </View>
  )
}

/** The lock does not shut: a picture of it ends the ride. */
function OpenLock({ ride, put }: { ride: Ride; put: (ride: Ride) => void }) {
  const [open, setOpen] = useState(false)
  const [photos, setPhotos] = useState<PhotoItem[]>([])
  const [busy, start] = useTask()
  const send = () => {
    const [photo] = photos.flatMap(({ id }) => id ?? [])
    if (!photo) return tell(say.sendFirst)
    return start(async () => {
      put(await end(ride.id, photo))
      Taro.pageScrollTo({ scrollTop: 0 })
    })
  }
  if (!open) return <Action look="plain" text={say.lockOpen} onClick={() => setOpen(true)} />
  return (
    <View className="card ride-open">
      <Text className="ride-note">{say.lockOpenNote}</Text>
      <PhotoPicker items={photos} most={1} onChange={setPhotos} />
      <Action text={say.send} busy={busy} onClick={send} />
    </View>
  )
}
