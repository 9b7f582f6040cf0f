import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Empty } from '../../components/empty.tsx'
import { Failed } from '../../components/failed.tsx'
import { Loading } from '../../components/loading.tsx'
import { Page } from '../../components/page.tsx'
import { PaperSheet } from '../../components/paper-sheet.tsx'
import { useLive } from '../../hooks/use-live.ts'
import { tell, useTask } from '../../hooks/use-task.ts'
import { now } from '../../services/clock.ts'
import { type Paper, readPapers, removePaper } from '../../services/profile.ts'
import { words } from '../../words.ts'
import './papers.css'

const say = words.privacy.papers
const SOON_MS = 30 * 24 * 3_600_000

/** The customer's papers: numbers masked, and until when they hold. */
export default function Papers() {
  return (
    <Page>
      <PaperList />
    </Page>
  )
}

function PaperList() {
  const { data: papers, error, reload, put } = useLive(readPapers)
  const [adding, setAdding] = useState(false)
  if (!papers) return error ? <Failed error={error} onRetry={reload} /> : <Loading cards={2} />
  const sheet = <PaperSheet open={adding} onClose={() => setAdding(false)} onAdded={put} />
  if (papers.length === 0) {
    return (
      <View>
        <Empty icon="paper" title={say.empty} text={say.emptyText} action={say.add} onAction={() => setAdding(true)} />
        {sheet}
      </View>
    )
  }
  return (
    <View className="papers">
      {papers.map((paper) => (
        <PaperCard key={paper.id} paper={paper} onRemoved={reload} />
      ))}
      <View className="papers-foot">
        <Action look="quiet" text={say.add} onClick={() => setAdding(true)} />
      </View>
      {sheet}
    </View>
  )
}

function PaperCard({ paper, onRemoved }: { paper: Paper; onRemoved: () => Promise<void> }) {
  const [busy, start] = useTask()
  const remove = () =>
    start(async () => {
      const { confirm } = await Taro.showModal({
        content: say.removeConfirm,
        confirmText: say.remove,
        cancelText: words.cancel,
        confirmColor: '#a8261b',
      })
      if (!confirm) return
      await removePaper(paper.id)
      tell(say.removed)
      await onRemoved()
    })
  return (
    <View className="card paper">
      <View className="paper-head">
        <Text className="paper-kind">{say.kinds[paper.kind]}</Text>
        {paper.class ? <Text className="paper-class">{paper.class}</Text> : null}
        <Validity paper={paper} />
      </View>
      <Text className="paper-number">{paper.number}</Text>
      <View className="paper-foot">
        <Text className="paper-until">{paper.expires_on ? say.until(paper.expires_on) : say.forever}</Text>
        <Action look="plain" text={say.remove} busy={busy} onClick={remove} />
      </View>
    </View>
  )
}

/** Told by a word and a colour, as long as there is something to tell. */
function Validity({ paper: { expires_at: end } }: { paper: Paper }) {
  if (end === null) return null
  const left = end - now()
  if (left > SOON_MS) return null
  return left > 0 ? (
    <Text className="paper-mark">{say.soon}</Text>
  ) : (
    <Text className="paper-mark paper-mark-over">{say.over}</Text>
  )
}
