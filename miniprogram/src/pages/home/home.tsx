import { Text, View } from '@tarojs/components'
import Taro, { usePullDownRefresh } from '@tarojs/taro'
import { useEffect } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { ServiceCard } from '../../components/service-card.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { readCatalog } from '../../services/catalog.ts'
import { host } from '../../services/host'
import { session } from '../../services/session.ts'
import { useStore } from '../../services/store.ts'
import { words } from '../../words.ts'
import { BookingCards, LatestBooking } from './booking-cards.tsx'
import './home.css'
import { LatestTicket } from './latest-ticket.tsx'
import { ScanCard } from './scan-card.tsx'

/** The first page: what the business can do for one, and what it is doing. */
export default function Home() {
  return (
    <Page open>
      <Services />
    </Page>
  )
}

function Services() {
  const { data, error, reload } = useLive(readCatalog)
  const customer = useStore(session)?.customer
  usePullDownRefresh(() => reload().finally(() => Taro.stopPullDownRefresh()))
  useEffect(() => {
    if (data) Taro.setNavigationBarTitle({ title: data.brand })
  }, [data])

  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={4} />
  return (
    <View>
      <View className="home-head">
        <Text className="home-hello">{words.home.hello(customer?.nickname ?? null)}</Text>
        <Text className="home-greeting">{words.home.greeting}</Text>
      </View>
      {host.scan && data.services.some(({ scan }) => scan) ? <ScanCard /> : null}
      {customer ? <LatestTicket /> : null}
      {customer && data.bookable.rental ? <LatestBooking /> : null}
      {data.services.length > 0 ? (
        <View>
          <View className="section-title">{words.home.services}</View>
          <BookingCards bookable={data.bookable} />
          {data.services.map((service) => (
            <ServiceCard key={service.form} service={service} />
          ))}
        </View>
      ) : (
        <Empty icon="inbox" title={words.home.empty} text={words.home.emptyText} />
      )}
    </View>
  )
}
