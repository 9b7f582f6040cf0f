import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { Row } from '../../components/row.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { host } from '../../services/host'
import {
  type Erasure,
  erasureToken,
  exportLink,
  readErasure,
  readExport,
  startErasure,
  startExport,
} from '../../services/privacy.ts'
import { useStore } from '../../services/store.ts'
import { sayDay } from '../../services/times.ts'
import { words } from '../../words.ts'
import { ErasureView } from './erasure-view.tsx'
import './privacy.css'

const say = words.privacy.privacy
const POLL_MS = 3_000
const HOUR_MS = 3_600_000

/** What is held about the customer: to see, to take along, to have erased. */
export default function Privacy() {
  const token = useStore(erasureToken)
  return <Page open={token !== null}>{token ? <ErasureView token={token} /> : <Rights />}</Page>
}

function Rights() {
  const erasure = useLive(readErasure)
  if (!erasure.data)
    return erasure.error ? <Failed error={erasure.error} onRetry={erasure.reload} /> : <Loading cards={2} />
  return (
    <View>
      <View className="card rows">
        {host.openPrivacy ? <Row label={say.guide} onClick={host.openPrivacy} /> : null}
        <Row label={say.consents} onClick={() => Taro.navigateTo({ url: '/pages/consents/consents' })} />
      </View>
      <Export />
      <Erase erasure={erasure.data} onAsked={erasure.reload} />
    </View>
  )
}

function Export() {
  const { data, reload } = useLive(readExport, (known) =>
    known?.state === 'waiting' || known?.state === 'working' ? POLL_MS : null,
  )
  const [busy, start] = useTask()
  const ask = () =>
    start(async () => {
      await startExport()
      await reload()
    })
  const copy = () =>
    start(async () => {
      await Taro.setClipboardData({ data: await exportLink() })
      tell(say.exportCopied)
    })
  const working = data?.state === 'waiting' || data?.state === 'working'
  const ready = data?.state === 'ready' && data.expiresAt
  return (
    <View className="card right">
      <Text className="right-title">{say.exportTitle}</Text>
      <Text className="right-text">{say.exportNote}</Text>
      {working ? <Text className="right-state">{say.exportWorking}</Text> : null}
      {ready ? <Text className="right-state">{say.exportReady(sayDay(ready, now()))}</Text> : null}
      {ready ? (
        <Action look="quiet" text={say.exportLink} busy={busy} onClick={copy} />
      ) : (
        <Action look="quiet" text={say.exportAsk} busy={busy} disabled={working || !data} onClick={ask} />
      )}
    </View>
  )
}

function Erase({ erasure, onAsked }: { erasure: Erasure; onAsked: () => Promise<void> }) {
  const [busy, start] = useTask()
  const erase = () =>
    start(async () => {
      const { confirm } = await Taro.showModal({
        content: say.eraseConfirm(spanOf(erasure.coolingMs)),
        confirmText: say.eraseYes,
        cancelText: words.cancel,
        confirmColor: '#a8261b',
      })
      if (!confirm) return
      // What stands in the way may be new.
      await startErasure().catch(async (error) => {
        await onAsked()
        throw error
      })
    })
  return (
    <View className="card right">
      <Text className="right-title">{say.eraseTitle}</Text>
      <Text className="right-text">{say.eraseNote}</Text>
      {erasure.can ? null : <Text className="right-blocked">{say.eraseBlocked}</Text>}
      {erasure.reasons.map((reason) => (
        <Text key={reason} className="right-reason">
          {reason}
        </Text>
      ))}
      <Action look="quiet" text={say.eraseAsk} busy={busy} disabled={!erasure.can} onClick={erase} />
    </View>
  )
}

function spanOf(ms: number): string {
  if (ms < HOUR_MS) return ''
  const hours = Math.round(ms / HOUR_MS)
  return hours < 48 ? say.hours(hours) : say.days(Math.round(hours / 24))
}
