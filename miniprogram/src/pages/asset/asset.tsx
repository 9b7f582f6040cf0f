import { Text, View } from '@tarojs/components'
import Taro, { useRouter } from '@tarojs/taro'
import { useEffect } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { RideHere } from '../../components/ride-here.tsx'
import { ServiceCard } from '../../components/service-card.tsx'
import { useLive } from '../../hooks/use-live.ts'
import type { Asset } from '../../services/api.ts'
import { isUnknown, readAsset } from '../../services/assets.ts'
import { catalog, knowCatalog } from '../../services/catalog.ts'
import { codeOfArrival } from '../../services/codes.ts'
import { useStore } from '../../services/store.ts'
import { words } from '../../words.ts'
import './asset.css'

/** What somebody sees who has scanned a thing: what it is, how it stands, what can be asked for it. */
export default function AssetPage() {
  const code = codeOfArrival(useRouter().params)
  return (
    <Page>
      {code ? <Scanned code={code} /> : <Nothing title={words.asset.nothing} text={words.asset.nothingText} />}
    </Page>
  )
}

function Scanned({ code }: { code: string }) {
  const { data, error, reload } = useLive(() => readAsset(code))
  useEffect(knowCatalog, [])
  useEffect(() => {
    if (data) Taro.setNavigationBarTitle({ title: data.title })
  }, [data])

  if (!data && isUnknown(error)) return <Nothing title={words.asset.none(code)} text={words.asset.noneText} />
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={2} />
  return (
    <View>
      <View className="asset-head">
        <Text className="asset-title">{data.name ?? data.title}</Text>
        <Text className="asset-number">{data.code}</Text>
        <Text className={`asset-state asset-state-${data.state === 'available' ? 'good' : 'other'}`}>
          {data.stateText}
        </Text>
      </View>
      <RideHere code={data.code} />
      <Services asset={data} />
    </View>
  )
}

function Services({ asset }: { asset: Asset }) {
  const { services } = useStore(catalog)
  const offered = services.filter(({ form }) => asset.forms.includes(form))
  if (!asset.reportable) return <Nothing title={words.asset.closed} text={words.asset.closedText} />
  return (
    <View>
      <View className="section-title">{words.home.services}</View>
      {asset.state === 'non_operational' ? <Text className="asset-note">{words.asset.inRepair}</Text> : null}
      {offered.map((service) => (
        <ServiceCard key={service.form} service={service} code={asset.code} />
      ))}
    </View>
  )
}

function Nothing({ title, text }: { title: string; text: string }) {
  const goHome = () => Taro.switchTab({ url: '/pages/home/home' })
  return <Empty icon="question" title={title} text={text} action={words.errors.goHome} onAction={goHome} />
}
