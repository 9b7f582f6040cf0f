import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh, useReachBottom } from '@tarojs/taro'
import { useState } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { TicketCard } from '../../components/ticket-card.tsx'
import type { TicketSummary } from '../../services/api.ts'
import { words } from '../../words.ts'
import './tickets.css'
import { useTicketList } from './use-ticket-list.ts'

type Tab = 'open' | 'done'

/** Everything that the customer has asked for. */
export default function Tickets() {
  return (
    <Page>
      <TicketList />
    </Page>
  )
}

function TicketList() {
  const [tab, setTab] = useState<Tab>('open')
  const list = useTicketList((tickets) => tickets.some((ticket) => tabOf(ticket) === tab))
  usePullDownRefresh(() => list.reload().finally(() => Taro.stopPullDownRefresh()))
  useReachBottom(list.more)

  const shown = list.tickets?.filter((ticket) => tabOf(ticket) === tab) ?? []
  return (
    <View>
      <View className="tabs">
        {(['open', 'done'] as const).map((name) => (
          <View key={name} className={`tab ${name === tab ? 'tab-on' : ''}`} onClick={() => setTab(name)}>
            <Text className="tab-text">{words.tickets[name]}</Text>
          </View>
        ))}
      </View>
      {list.tickets === undefined && list.error ? <Failed error={list.error} onRetry={list.reload} /> : null}
      {(list.tickets === undefined && !list.error) || (shown.length === 0 && list.searching) ? <Loading /> : null}
      {shown.map((ticket) => (
        <TicketCard key={ticket.id} ticket={ticket} />
      ))}
      {list.tickets && shown.length === 0 && !list.searching ? <NoTickets tab={tab} /> : null}
      {shown.length > 0 ? <Foot list={list} /> : null}
    </View>
  )
}

function NoTickets({ tab }: { tab: Tab }) {
  const goHome = () => Taro.switchTab({ url: '/pages/home/home' })
  if (tab === 'done') return <Empty icon="inbox" title={words.tickets.emptyDone} text={words.tickets.emptyDoneText} />
  return (
    <Empty
      icon="inbox"
      title={words.tickets.emptyOpen}
      text={words.tickets.emptyOpenText}
      action={words.errors.goHome}
      onAction={goHome}
    />
  )
}

function Foot({ list }: { list: ReturnType<typeof useTicketList> }) {
  const text = list.failed ? words.tickets.moreFailed : list.next ? words.tickets.more : words.tickets.end
  return (
    <View className="tickets-foot" onClick={list.more}>
      <Text>{text}</Text>
    </View>
  )
}

function tabOf(ticket: TicketSummary): Tab {
  return ticket.status === 'processing' || ticket.status === 'waiting_customer' ? 'open' : 'done'
}
