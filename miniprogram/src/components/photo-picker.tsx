import { Image, Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useRef } from 'react'
import { tell } from '../hooks/use-task.ts'
import { explain } from '../services/explain.ts'
import { host } from '../services/host'
import type { PhotoItem } from '../services/photo-item.ts'
import { LARGEST_PHOTO, photoUrl, uploadPhoto } from '../services/uploads.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'
import './photos.css'

interface PhotoPickerProps {
  items: PhotoItem[]
  most: number
  onChange: (items: PhotoItem[]) => void
  /** They are pictures of papers: nobody but their owner sees them. */
  paper?: boolean
}

let counted = 0

/** Chooses pictures and sends each at once: progress on the picture, a tap to try again, a cross to remove. */
export function PhotoPicker({ items, most, onChange, paper }: PhotoPickerProps) {
  const latest = useRef(items)
  latest.current = items

  const change = (to: (items: PhotoItem[]) => PhotoItem[]) => {
    latest.current = to(latest.current)
    onChange(latest.current)
  }
  const patch = (key: string, part: Partial<PhotoItem>) =>
    change((all) => all.map((item) => (item.key === key ? { ...item, ...part } : item)))

  const upload = async (item: PhotoItem) => {
    if (!item.path) return
    try {
      const sent = await uploadPhoto(item.path, (progress) => patch(item.key, { progress }), paper)
      patch(item.key, { ...sent, state: 'sent', progress: 100 })
    } catch (error) {
      patch(item.key, { state: 'failed', why: explain(error) })
    }
  }

  const add = async () => {
    const chosen = await host.chooseImages(most - latest.current.length).catch(() => undefined)
    if (!chosen) return tell(words.photos.refused)
    const fits = chosen.filter((image) => image.size <= LARGEST_PHOTO)
    if (fits.length < chosen.length) tell(words.photos.tooLarge)
    const added = fits.slice(0, most - latest.current.length).map((image): PhotoItem => {
      counted += 1
      return { key: `${Date.now()}-${counted}`, state: 'sending', path: image.path, progress: 0 }
    })
    change((all) => [...all, ...added])
    for (const item of added) upload(item)
  }

  const press = (item: PhotoItem) => {
    if (item.state === 'failed') {
      if (item.why) tell(item.why)
      patch(item.key, { state: 'sending', progress: 0, why: undefined })
      upload(item)
      return
    }
    Taro.previewImage({ current: sourceOf(item), urls: latest.current.map(sourceOf) })
  }

  return (
    <View>
      <View className="photos">
        {items.map((item) => (
          <View key={item.key} className="photo" onClick={() => press(item)}>
            <Image className="photo-image" src={sourceOf(item)} mode="aspectFill" />
            {item.state === 'sending' ? <Sending percent={item.progress} /> : null}
            {item.state === 'failed' ? (
              <View className="photo-veil photo-veil-failed">
                <Icon name="retry" size={22} color="#FFFFFF" />
                <Text className="photo-veil-text">{words.photos.retry}</Text>
              </View>
            ) : null}
            <View
              className="photo-remove"
              ariaRole="button"
              ariaLabel={words.photos.remove}
              onClick={(event) => {
                event.stopPropagation()
                change((all) => all.filter((other) => other.key !== item.key))
              }}
            >
              <View className="photo-remove-sign">
                <Icon name="cross" size={14} color="#FFFFFF" />
              </View>
            </View>
          </View>
        ))}
        {items.length < most ? (
          <View className="photo photo-add" onClick={add} ariaRole="button" ariaLabel={words.photos.add}>
            <Icon name="plus" size={24} color="#66706B" />
            <Text className="photo-word">
              {items.length === 0 ? words.photos.add : words.photos.left(items.length, most)}
            </Text>
          </View>
        ) : null}
      </View>
    </View>
  )
}

function Sending({ percent }: { percent: number }) {
  return (
    <View className="photo-veil">
      <Text>{words.photos.sending(percent)}</Text>
      <View className="photo-bar">
        <View className="photo-bar-done" style={{ width: `${percent}%` }} />
      </View>
    </View>
  )
}

function sourceOf(item: PhotoItem): string {
  return item.path ?? photoUrl(item.url ?? '')
}
