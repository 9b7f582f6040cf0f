import { Text, View } from '@tarojs/components'
import Taro from '@tarojs/taro'
import { useState } from 'react'
import { Action } from '../../components/action.tsx'
import { Icon } from '../../components/icon.tsx'
import { PaperSheet } from '../../components/paper-sheet.tsx'
import { tell, useTask } from '../../hooks/use-task.ts'
import type { Booking } from '../../services/bookings.ts'
import { yuan } from '../../services/money.ts'
import { payFor } from '../../services/payments.ts'
import type { RentalLook, RentalPaper } from '../../services/rentals.ts'
import { words } from '../../words.ts'
import { pageOfContract } from './page-of-contract.ts'
import { Score } from './score.tsx'

const say = words.rental.booking

interface ReadyProps {
  booking: Booking
  rental: RentalLook
  reload: () => Promise<void>
}

/** What is to be done before the car is theirs: papers, contract, deposit; each says how it stands. */
export function Ready({ booking, rental, reload }: ReadyProps) {
  return (
    <View>
      <View className="section-title">{say.ready}</View>
      <View className="card todo">
        <Papers rental={rental} reload={reload} />
        <Contract booking={booking} rental={rental} />
        <Deposit rental={rental} reload={reload} />
      </View>
    </View>
  )
}

function Papers({ rental, reload }: { rental: RentalLook; reload: () => Promise<void> }) {
  const [kind, setKind] = useState<Exclude<RentalPaper, 'driver'>>()
  return (
    <View>
      {rental.papers.map(({ kind: paper, ok, text }) => (
        <Todo
          key={paper}
          title={say.paperKinds[paper]}
          note={ok ? say.papersDone : text}
          done={ok}
          action={ok || paper === 'driver' ? undefined : say.upload}
          onAction={() => paper !== 'driver' && setKind(paper)}
        />
      ))}
      <PaperSheet open={kind !== undefined} kind={kind} onClose={() => setKind(undefined)} onAdded={() => reload()} />
    </View>
  )
}

function Contract({ booking, rental: { contracts, can } }: { booking: Booking; rental: RentalLook }) {
  const signed = contracts.length > 0 && contracts.every(({ state }) => state === 'signed')
  const open = () => Taro.navigateTo({ url: pageOfContract(booking.id) })
  const waits = can.sign ? say.contractOpen : say.contractWaits
  return (
    <Todo
      title={say.contract}
      note={signed ? say.contractSigned : waits}
      done={signed}
      action={!signed && can.sign ? say.sign : undefined}
      onAction={open}
    />
  )
}

function Deposit({ rental: { id, can, deposit }, reload }: { rental: RentalLook; reload: () => Promise<void> }) {
  const [busy, start] = useTask()
  if (!deposit) return null
  const { state, amount, byScore, payment } = deposit
  const pay = () =>
    start(async () => {
      if (!payment) return
      if ((await payFor(payment))?.state === 'paid') tell(say.paid)
      await reload()
    })
  const notes = {
    due: say.depositDue(yuan(amount)),
    waived: byScore ? say.depositByScore : say.depositWaived,
    held: say.depositHeld(yuan(amount)),
  }
  return (
    <View>
      <Todo
        title={say.deposit}
        note={state === 'settled' ? say.depositSettled : notes[state]}
        done={state !== 'due'}
        action={state === 'due' && payment ? say.depositPay : undefined}
        busy={busy}
        onAction={pay}
      />
      {can.score ? <Score id={id} asked={deposit.asked} reload={reload} /> : null}
    </View>
  )
}

interface TodoProps {
  title: string
  note: string
  done: boolean
  action?: string
  busy?: boolean
  onAction: () => void
}

function Todo({ title, note, done, action, busy, onAction }: TodoProps) {
  return (
    <View className="todo-line">
      <View className={`todo-mark ${done ? 'todo-done' : ''}`}>
        {done ? <Icon name="check" size={14} color="#FFFFFF" /> : null}
      </View>
      <View className="todo-words">
        <Text className="todo-title">{title}</Text>
        <Text className="todo-note">{note}</Text>
      </View>
      {action ? <Action look="quiet" text={action} busy={busy} onClick={onAction} /> : null}
    </View>
  )
}
