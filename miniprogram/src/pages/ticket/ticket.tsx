import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh, useRouter } from '@tarojs/taro'
import { useEffect } from 'react'
import { Failed } from '../../components/failed.tsx'
import { Icon } from '../../components/icon.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { PhotoStrip } from '../../components/photo-strip.tsx'
import { StatusTag, UrgentTag } from '../../components/tag.tsx'
import { useLive } from '../../hooks/use-live.ts'
import type { TicketDetail } from '../../services/api.ts'
import { knowCatalog } from '../../services/catalog.ts'
import { now } from '../../services/clock.ts'
import { readTicket } from '../../services/tickets.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import { Actions } from './actions.tsx'
import { Documents } from './documents.tsx'
import { Outcome } from './outcome.tsx'
import { Progress } from './progress.tsx'
import { Question } from './question.tsx'
import './ticket.css'
import { Timeline } from './timeline.tsx'
import { Links, Together } from './together.tsx'

const EVERY_MS = 4_000

/** One ticket, as it stands now. */
export default function TicketPage() {
  const { id = '', fresh } = useRouter().params
  return (
    <Page>
      <Ticket id={decodeURIComponent(id)} fresh={fresh === '1'} />
    </Page>
  )
}

function Ticket({ id, fresh }: { id: string; fresh: boolean }) {
  const { data, error, reload, put } = useLive(
    () => readTicket(id),
    () => EVERY_MS,
  )
  useEffect(knowCatalog, [])
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))

  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading />
  return (
    <View>
      {fresh && data.status === 'processing' && !data.worker ? <Received /> : null}
      <Head ticket={data} />
      <Together ticket={data} />
      {data.question ? <Question ticket={data} question={data.question} onDone={put} /> : null}
      <Outcome ticket={data} onDone={put} />
      <Documents documents={data.documents} />
      <Progress steps={data.steps} />
      <Timeline entries={data.timeline} />
      <Submitted ticket={data} />
      <Links links={data.links} />
      <Actions ticket={data} onDone={put} onDue={reload} />
    </View>
  )
}

function Received() {
  return (
    <View className="received">
      <View className="received-sign">
        <Icon name="check" size={20} color="#FFFFFF" />
      </View>
      <View className="received-words">
        <Text className="received-title">{words.ticket.received}</Text>
        <Text className="received-text">{words.ticket.receivedText}</Text>
      </View>
    </View>
  )
}

function Head({ ticket }: { ticket: TicketDetail }) {
  return (
    <View className="ticket-head">
      <View className="ticket-head-tags">
        <StatusTag status={ticket.status} text={ticket.statusText} />
        {ticket.priority === 'urgent' ? <UrgentTag /> : null}
      </View>
      <Text className="ticket-title">{ticket.title}</Text>
      <Text className="ticket-meta" userSelect>
        {words.number(ticket.number)}
      </Text>
      <Text className="ticket-meta">{words.opened(sayTime(ticket.openedAt, now()))}</Text>
    </View>
  )
}

function Submitted({ ticket }: { ticket: TicketDetail }) {
  if (ticket.answers.length === 0 && ticket.photos.length === 0) return null
  return (
    <View className="card part">
      <Text className="part-title">{words.ticket.details}</Text>
      {ticket.answers.map((answer) => (
        <View key={answer.name} className="submitted">
          <Text className="submitted-label">{answer.label}</Text>
          <Text className="submitted-text" userSelect>
            {answer.text}
          </Text>
        </View>
      ))}
      {ticket.photos.length > 0 ? (
        <View className="submitted">
          <Text className="submitted-label">{words.ticket.photos}</Text>
          <PhotoStrip photos={ticket.photos} />
        </View>
      ) : null}
    </View>
  )
}
