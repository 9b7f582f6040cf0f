import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { LongTextField } from '../../components/fields/text-field.tsx'
import '../../components/fields/field.css'
import { Sheet } from '../../components/sheet.tsx'
import { Stars } from '../../components/stars.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { FormField } from '../../services/api.ts'
import { rate } from '../../services/tickets.ts'
import { words } from '../../words.ts'
import type { SheetProps } from './remark-sheet.tsx'

const SCORES = Array.from({ length: 11 }, (_, score) => score)
const box: FormField = {
  name: 'words',
  kind: 'longtext',
  label: '',
  required: false,
  maxLength: 500,
  placeholder: words.ticket.ratePlaceholder,
}

/** Stars (CSAT), the willingness to recommend (NPS), and words; only the stars are asked for. */
export function RatingSheet({ ticket, open, onClose, onDone }: SheetProps) {
  const [csat, setCsat] = useState(0)
  const [nps, setNps] = useState<number>()
  const [said, setSaid] = useState('')
  const [busy, start] = useTask()

  const submit = () =>
    start(async () => {
      const text = said.trim()
      onDone(await rate(ticket.id, { csat, ...(nps === undefined ? {} : { nps }), ...(text ? { words: text } : {}) }))
      onClose()
      tell(words.ticket.rated)
    })

  return (
    <Sheet
      open={open}
      title={words.ticket.rateTitle}
      onClose={onClose}
      foot={<Action text={words.ticket.rateSend} busy={busy} disabled={csat === 0} onClick={submit} />}
    >
      <Stars value={csat} onChange={setCsat} />
      <Text className="nps-title">{words.ticket.npsTitle}</Text>
      <View className="nps">
        {SCORES.map((score) => (
          <View
            key={score}
            className={`nps-score ${score === nps ? 'nps-score-on' : ''}`}
            onClick={() => setNps(score)}
            ariaRole="radio"
            ariaLabel={words.form.option(String(score), score === nps)}
          >
            <Text>{score}</Text>
          </View>
        ))}
      </View>
      <View className="nps-ends">
        <Text>{words.ticket.npsLow}</Text>
        <Text>{words.ticket.npsHigh}</Text>
      </View>
      <LongTextField field={box} value={said} onChange={(value) => setSaid(String(value))} />
    </Sheet>
  )
}
