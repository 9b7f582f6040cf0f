import { Image, Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import type { Photo } from '../services/api.ts'
import { photoUrl } from '../services/uploads.ts'
import { words } from '../words.ts'
import './photos.css'

/** Pictures of a ticket; a tap shows them large. Those that WeChat has not passed say so. */
export function PhotoStrip({ photos }: { photos: Photo[] }) {
  if (photos.length === 0) return null
  const urls = photos.filter((photo) => photo.state !== 'blocked').map((photo) => photoUrl(photo.url))
  return (
    <View className="photos">
      {photos.map((photo) =>
        photo.state === 'blocked' ? (
          <View key={photo.id} className="photo photo-blocked">
            <Text className="photo-word">{words.photos.blocked}</Text>
          </View>
        ) : (
          <View
            key={photo.id}
            className="photo"
            onClick={() => Taro.previewImage({ current: photoUrl(photo.url), urls })}
          >
            <Image className="photo-image" src={photoUrl(photo.url)} mode="aspectFill" lazyLoad />
            {photo.state === 'checking' ? <Text className="photo-label">{words.photos.checking}</Text> : null}
          </View>
        ),
      )}
    </View>
  )
}
