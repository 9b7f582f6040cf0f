import { Text, View } from '@tarojs/components'
import { useDidShow } from '@tarojs/taro'
import { useEffect, useRef, useState } from 'react'
import { Action } from '../../components/action.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import { askScore, checkScore, type RentalLook } from '../../services/rentals.ts'
import { words } from '../../words.ts'

const say = words.rental.booking

interface ScoreProps {
  id: string
  /** WeChat was asked before, and its answer may not have come back with them. */
  asked: boolean
  reload: () => Promise<void>
}

/** The way without a deposit: WeChat vouches for who agrees on its page; who does not may still pay. */
export function Score({ id, asked, reload }: ScoreProps) {
  const [busy, start] = useTask()
  const [refused, setRefused] = useState(false)
  const waits = useRef(asked)

  const settle = async (rental: RentalLook) => {
    const vouched = rental.deposit?.byScore === true
    if (vouched) tell(say.scoreDone)
    setRefused(!vouched)
    waits.current = !vouched
    await reload()
  }
  const go = () =>
    start(async () => {
      waits.current = true
      setRefused(false)
      await settle(await askScore(id))
    })
  // WeChat's page lies over this one: whoever left the app there is asked after when they come back.
  const look = useRef(() => {
    if (!waits.current) return
    // What cannot be found out by this look is by the next.
    checkScore(id).then(
      (rental) => (rental.deposit?.byScore ? reload() : undefined),
      () => undefined,
    )
  })
  useEffect(() => look.current(), [])
  useDidShow(() => look.current())

  return (
    <View className="score">
      <Text className="booking-note">{refused ? say.scoreNot : say.scoreNote}</Text>
      <View className="booking-do">
        <Action look="quiet" text={say.score} busyText={say.scoreBusy} busy={busy} onClick={go} />
      </View>
    </View>
  )
}
