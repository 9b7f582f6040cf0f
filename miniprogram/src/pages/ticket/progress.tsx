import { Text, View } from '@tarojs/components'
import { useState } from 'react'
import { Icon } from '../../components/icon.tsx'
import type { ProgressStep } from '../../services/api.ts'
import { now } from '../../services/clock.ts'
import { sayTime } from '../../services/times.ts'
import { words } from '../../words.ts'
import './progress.css'

/** A longer way folds what lies behind, and keeps this many finished steps in sight. */
const LONG = 8
const KEPT = 2

/** The way of a ticket from step to step: what is done, what is under way and by when, what is to come. */
export function Progress({ steps }: { steps: ProgressStep[] }) {
  const [unfolded, setUnfolded] = useState(false)
  if (steps.length === 0) return null
  const current = steps.findIndex((step) => step.state === 'current' || step.state === 'waiting')
  const folded = !unfolded && steps.length > LONG ? Math.max(0, current - KEPT) : 0
  return (
    <View className="card part">
      <Text className="part-title">{words.ticket.progress}</Text>
      {folded > 0 ? (
        <View className="step-fold" onClick={() => setUnfolded(true)}>
          <Text>{words.ticket.folded(folded)}</Text>
        </View>
      ) : null}
      {steps.slice(folded).map((step, index, shown) => (
        <Step key={step.name} step={step} last={index === shown.length - 1} />
      ))}
    </View>
  )
}

function Step({ step, last }: { step: ProgressStep; last: boolean }) {
  return (
    <View className={`step step-${step.state}`}>
      <View className="step-rail">
        <View className="step-mark">
          {step.state === 'done' ? <Icon name="check" size={12} color="#FFFFFF" /> : null}
        </View>
        {last ? null : <View className="step-line" />}
      </View>
      <View className="step-words">
        <View className="step-head">
          <Text className="step-title">{step.title}</Text>
          <Text className="step-state">{words.ticket.stepStates[step.state]}</Text>
        </View>
        {step.text ? <Text className="step-text">{step.text}</Text> : null}
        {step.at || step.by ? (
          <Text className="step-meta">
            {[step.at && sayTime(step.at, now()), step.by && words.ticket.by(step.by)].filter(Boolean).join(' · ')}
          </Text>
        ) : null}
      </View>
    </View>
  )
}
