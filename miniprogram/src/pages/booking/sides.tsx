import { Image, Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { SignSheet } from '../../components/sign-sheet.tsx'
import { tell } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { type RentalLook, type Side, signSide } from '../../services/rentals.ts'
import { sayTime } from '../../services/times.ts'
import { photoUrl } from '../../services/uploads.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

interface SidesProps {
  rental: RentalLook
  reload: () => Promise<void>
}

/** How the car went, and beside it how it came back, picture by picture; the customer signs for each. */
export function Sides({ rental, reload }: SidesProps) {
  const { pickup, giveback, can } = rental
  if (!pickup) return null
  const shots = [...pickup.shots, ...(giveback?.shots ?? []).filter(({ shot }) => !find(pickup, shot))]
  const urls = [...pickup.shots, ...(giveback?.shots ?? [])].filter(({ url }) => url).map(({ url }) => photoUrl(url))
  return (
    <View>
      <View className="section-title">{giveback ? say.compare : say.pickup}</View>
      <View className="card sides">
        <View className="sides-row">
          <Seen title={say.pickupSide} side={pickup} />
          {giveback ? <Seen title={say.givebackSide} side={giveback} /> : null}
        </View>
        <View className={giveback ? '' : 'sides-single'}>
          {shots.map(({ shot, title }) => (
            <View key={shot} className="sides-shot">
              <Text className="sides-title">{title}</Text>
              <View className="sides-row">
                <Picture side={pickup} shot={shot} urls={urls} />
                {giveback ? <Picture side={giveback} shot={shot} urls={urls} /> : null}
              </View>
            </View>
          ))}
        </View>
        {can.accept_car ? <Sign id={rental.id} side="pickup" reload={reload} /> : null}
        {can.sign_giveback ? <Sign id={rental.id} side="giveback" reload={reload} /> : null}
      </View>
    </View>
  )
}

function Seen({ title, side }: { title: string; side: Side }) {
  return (
    <View className="sides-half">
      <Text className="sides-head">{title}</Text>
      <Text className="booking-note">{sayTime(side.at, now())}</Text>
      <Text className="booking-note">{say.odometer(side.odometer)}</Text>
      <Text className="booking-note">{say.fuel(side.fuel)}</Text>
      {side.note ? <Text className="booking-note">{side.note}</Text> : null}
      {side.signed ? <Text className="sides-signed">{say.signed}</Text> : null}
    </View>
  )
}

function Picture({ side, shot, urls }: { side: Side; shot: string; urls: string[] }) {
  const found = find(side, shot)
  if (!found?.url)
    return (
      <View className="sides-half sides-none">
        <Text>{found ? words.photos.checking : say.noPhoto}</Text>
      </View>
    )
  const { url } = found
  const current = photoUrl(url)
  return (
    <View className="sides-half" onClick={() => Taro.previewImage({ current, urls })}>
      <Image className="sides-photo" src={current} mode="aspectFill" lazyLoad />
    </View>
  )
}

function Sign({ id, side, reload }: { id: string; side: 'pickup' | 'giveback'; reload: () => Promise<void> }) {
  const [open, setOpen] = useState(false)
  const pickup = side === 'pickup'
  const sign = async (signature: string) => {
    await signSide(id, signature, side)
    setOpen(false)
    tell(pickup ? say.accepted : say.givebackSigned)
    await reload()
    // What comes next stands at the top.
    if (pickup) Taro.pageScrollTo({ scrollTop: 0 })
  }
  const text = pickup ? say.acceptDo : say.givebackDo
  return (
    <View className="sides-sign">
      <Text className="booking-note">{pickup ? say.accept : say.giveback}</Text>
      <View className="booking-do">
        <Action text={text} onClick={() => setOpen(true)} />
      </View>
      <SignSheet open={open} title={say.signTitle} text={text} onClose={() => setOpen(false)} onSign={sign} />
    </View>
  )
}

function find(side: Side, name: string) {
  return side.shots.find(({ shot }) => shot === name)
}
