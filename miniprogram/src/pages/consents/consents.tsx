import { Switch, Text, View } from '@tarojs/components'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import '../../components/row.css'
import { useLive } from '../../hooks/use-live.ts'
import { useTask } from '../../hooks/use-task.ts'
import { type ConsentLine, readConsents, setConsent } from '../../services/privacy.ts'
import { askForMessages } from '../../services/subscriptions.ts'
import { words } from '../../words.ts'

const say = words.privacy.consents

/** For what the customer may be told and their data be used: a switch for each purpose. */
export default function Consents() {
  return (
    <Page>
      <List />
    </Page>
  )
}

function List() {
  const { data: lines, error, reload, put } = useLive(readConsents)
  if (!lines) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={1} />
  if (lines.length === 0) return <Empty icon="chat" title={say.empty} text={say.emptyText} />
  return (
    <View>
      <View className="card rows">
        {lines.map((line) => (
          <Line key={line.purpose} line={line} onChange={put} />
        ))}
      </View>
      <Text className="page-note">{say.note}</Text>
    </View>
  )
}

function Line({ line, onChange }: { line: ConsentLine; onChange: (lines: ConsentLine[]) => void }) {
  const { purpose, title, text, granted, asked_again: again } = line
  const [busy, start] = useTask()
  const turn = (yes: boolean) =>
    start(async () => {
      // WeChat asks for its own yes, within the same tap.
      if (yes && purpose.includes('wechat')) askForMessages()
      onChange(await setConsent(purpose, yes))
    })
  return (
    <View className="row">
      <View className="row-text">
        <Text className="row-title">{title}</Text>
        <Text className="row-note">{text}</Text>
        {again ? <Text className="row-mark">{say.again}</Text> : null}
      </View>
      <Switch
        checked={granted}
        disabled={busy}
        color="#1b7f5a"
        ariaLabel={title}
        onChange={(event) => turn(event.detail.value)}
      />
    </View>
  )
}
