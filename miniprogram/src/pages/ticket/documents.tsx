import { Text, View } from '@tarojs/components'
import { Icon } from '../../components/icon.tsx'
import { useTask } from '../../hooks/use-task.ts'
import type { Paper, TicketDetail } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { openDocument } from '../../services/documents.ts'
import { sayDay } from '../../services/times.ts'
import { words } from '../../words.ts'
import './documents.css'

/** What was made out to the customer: quotes, contracts. Those that a newer one has replaced can still be read. */
export function Documents({ documents }: Pick<TicketDetail, 'documents'>) {
  if (documents.length === 0) return null
  return (
    <View className="card part">
      <Text className="part-title">{words.ticket.documents}</Text>
      {documents.map((document) => (
        <Document key={document.id} document={document} />
      ))}
    </View>
  )
}

function Document({ document }: { document: Paper }) {
  const { title, number, validUntil, superseded } = document
  const [busy, start] = useTask()
  const until = validUntil === null ? '' : words.ticket.validUntil(sayDay(validUntil, now()))
  return (
    <View
      className={superseded ? 'document document-old' : 'document'}
      hoverClass="document-pressed"
      onClick={() => start(() => openDocument(document))}
    >
      <Icon name="paper" size={28} color={superseded ? '#8A949E' : '#1B7F5A'} />
      <View className="document-words">
        <Text className="document-title">{title}</Text>
        <Text className="document-more">{superseded ? words.ticket.superseded(number) : `${number}　${until}`}</Text>
      </View>
      <Text className="document-open">{busy ? words.ticket.opening : words.ticket.open}</Text>
    </View>
  )
}
