import { Text, View } from '@tarojs/components'
import { PhotoStrip } from '../../components/photo-strip.tsx'
import type { TimelineEntry } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './timeline.css'

/** What was said and done, newest first. */
export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  // They come oldest first; of two at the same moment the later one stands above as well.
  const newestFirst = [...entries].reverse()
  return (
    <View className="card part">
      <Text className="part-title">{words.ticket.timeline}</Text>
      {entries.length === 0 ? <Text className="timeline-none">{words.ticket.noTimeline}</Text> : null}
      {newestFirst.map((entry) =>
        entry.who === 'system' ? <Happening key={entry.id} entry={entry} /> : <Words key={entry.id} entry={entry} />,
      )}
    </View>
  )
}

/** Something that happened, in one line. */
function Happening({ entry }: { entry: TimelineEntry }) {
  return (
    <View className="happening">
      <Text className="happening-text">{entry.text}</Text>
      <Text className="entry-at">{sayTime(entry.at, now())}</Text>
    </View>
  )
}

/** Something that somebody said or did. */
function Words({ entry }: { entry: TimelineEntry }) {
  return (
    <View className={`entry entry-${entry.who}`}>
      <View className="entry-head">
        <Text className="entry-name">{entry.who === 'customer' ? words.ticket.you : entry.name}</Text>
        <Text className="entry-at">{sayTime(entry.at, now())}</Text>
      </View>
      {entry.text ? (
        <Text className="entry-text" userSelect>
          {entry.text}
        </Text>
      ) : null}
      {entry.photos.length > 0 ? (
        <View className="entry-photos">
          <PhotoStrip photos={entry.photos} />
        </View>
      ) : null}
    </View>
  )
}
