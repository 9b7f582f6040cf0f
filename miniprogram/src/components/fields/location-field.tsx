import { Input, Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import type { Place } from '../../services/api.ts'
import { host } from '../../services/host'
import { type ConsentLine, mayLocate } from '../../services/privacy.ts'
import { words } from '../../words.ts'
import { Action } from '../action.tsx'
import { Icon } from '../icon.tsx'
import type { FieldProps } from './field-props.ts'

const LONGEST = 200

/** The purpose's own words, and a yes or a no. */
async function asked({ title, text }: ConsentLine): Promise<boolean> {
  const { confirm } = await Taro.showModal({
    title,
    content: text,
    confirmText: words.place.agree,
    cancelText: words.place.disagree,
  })
  return confirm
}

/** A place: where the phone is, a point on the map, and in words what stands there. */
export function LocationField({ field, value, onChange }: FieldProps) {
  const place = (value ?? {}) as Place
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState(false)
  const pinned = place.lat !== undefined

  const take = async (find: () => Promise<Place | undefined>, isRefusal: boolean) => {
    if (busy) return
    setBusy(true)
    const found = await find().catch(() => undefined)
    setBusy(false)
    setRefused(isRefusal && !found)
    // Words that somebody wrote stand over those of the map.
    if (found) onChange({ ...found, address: place.address || found.address || '' })
  }
  const locate = async () => {
    if (!field.needs && !(await mayLocate(asked))) return undefined
    return host.locate()
  }
  const write = (address: string) => onChange(pinned || address ? { ...place, address } : undefined)

  return (
    <View>
      {pinned ? (
        <View className="place-found">
          <Icon name="check" size={18} />
          <Text className="place-found-text">{words.place.found}</Text>
        </View>
      ) : null}
      <View className="field-pair place-ways">
        <View className="field-half">
          <Action
            look="quiet"
            text={pinned ? words.place.again : words.place.here}
            busyText={words.place.locating}
            busy={busy}
            onClick={() => take(locate, true)}
          />
        </View>
        {host.choosePlace ? (
          <View className="field-half">
            <Action
              look="quiet"
              text={words.place.map}
              onClick={() => take(() => host.choosePlace?.(place) ?? Promise.resolve(undefined), false)}
            />
          </View>
        ) : null}
      </View>
      {field.needs ? <Text className="field-hint">{field.needs}</Text> : null}
      {refused ? (
        <View className="place-refused" ariaRole="alert">
          <Text>{field.typed ? words.place.refusedTyped : words.place.refused}</Text>
          {host.openPermissions ? (
            <Action look="plain" text={words.place.allow} onClick={host.openPermissions} />
          ) : null}
        </View>
      ) : null}
      <Input
        className="field-input field-line"
        value={place.address ?? ''}
        placeholder={field.placeholder ?? words.place.address}
        placeholderClass="field-placeholder"
        maxlength={LONGEST}
        cursorSpacing={24}
        onInput={(event) => write(event.detail.value)}
      />
    </View>
  )
}
