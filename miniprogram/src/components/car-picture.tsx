import { Image, View } from '@tarojs/components'
import type { Model } from '../services/bookings.ts'
import { photoUrl } from '../services/uploads.ts'
import './car-picture.css'
import { Icon } from './icon.tsx'

/** High cars, by the names that packs give to classes. */
const HIGH = new Set(['suv', 'mpv', 'van'])

/** A model's picture; without one a quiet drawing of its kind. */
export function CarPicture({ model }: { model: Pick<Model, 'class' | 'picture'> }) {
  return (
    <View className="car-picture">
      {model.picture ? (
        <Image className="car-photo" src={photoUrl(model.picture)} mode="aspectFill" lazyLoad />
      ) : (
        <Icon name={HIGH.has(model.class) ? 'van' : 'car'} size={56} color="#7FA897" />
      )}
    </View>
  )
}
