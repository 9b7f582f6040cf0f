import { Text } from '@tarojs/components'
import type { TicketStatus } from '../services/api.ts'
import { words } from '../words.ts'
import './tag.css'

/** A ticket's state, by a word and a colour. */
export function StatusTag({ status, text }: { status: TicketStatus; text: string }) {
  return <Text className={`tag tag-${status}`}>{text}</Text>
}

/** The word for a ticket that cannot wait. */
export function UrgentTag() {
  return <Text className="tag tag-urgent">{words.status.urgent}</Text>
}
