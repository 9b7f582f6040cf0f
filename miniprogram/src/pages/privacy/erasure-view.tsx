import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { Action } from '../../components/action.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { dropAllDrafts } from '../../services/drafts.ts'
import { cancelErasure, closeErasure, type Erasure, followErasure, type ProofLine } from '../../services/privacy.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'

const say = words.privacy.privacy
const POLL_MS = 2_000

/** How an erasure goes, and at its end what was deleted, and what was kept and why. */
export function ErasureView({ token }: { token: string }) {
  const { data, error, reload } = useLive(
    () => followErasure(token),
    (known) => (known?.state === 'done' ? null : POLL_MS),
  )
  if (!data) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={2} />
  if (data.state === 'waiting') return <Waiting erasure={data} />
  if (data.state === 'done') return <Proof lines={data.proof ?? []} />
  return <Empty icon="retry" title={say.working} text={say.workingText} />
}

function Waiting({ erasure: { wakeAt, reasons } }: { erasure: Erasure }) {
  const [busy, start] = useTask()
  const cancel = () =>
    start(async () => {
      await cancelErasure()
      tell(say.cancelled)
    })
  return (
    <View className="card right">
      <Text className="right-title">{say.waitingTitle}</Text>
      <Text className="right-text">{say.waiting(sayTime(wakeAt ?? now(), now()))}</Text>
      {reasons.map((reason) => (
        <Text key={reason} className="right-reason">
          {reason}
        </Text>
      ))}
      <Action look="quiet" text={say.cancel} busy={busy} onClick={cancel} />
    </View>
  )
}

function Proof({ lines }: { lines: ProofLine[] }) {
  const close = () => {
    dropAllDrafts()
    closeErasure()
    Taro.switchTab({ url: '/pages/home/home' })
  }
  return (
    <View>
      <View className="card right">
        <Text className="right-title">{say.done}</Text>
        <Text className="right-text">{say.doneText}</Text>
      </View>
      <View className="card proof">
        {lines.map(({ part, title, deleted, kept, why }) => (
          <View key={part} className="proof-line">
            <View className="proof-head">
              <Text className="proof-title">{title}</Text>
              <Text className="proof-count">
                {[deleted > 0 ? say.deleted(deleted) : '', kept > 0 ? say.kept(kept) : ''].filter(Boolean).join('，')}
              </Text>
            </View>
            {why ? <Text className="proof-why">{why}</Text> : null}
          </View>
        ))}
      </View>
      <View className="proof-foot">
        <Action text={say.close} onClick={close} />
      </View>
    </View>
  )
}
