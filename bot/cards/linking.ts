import type { Message } from '../../server/engines/messages/message.ts'
import { enqueue, touchCards } from '../../server/engines/messages/outbox.ts'
import type { LinkRequest } from '../../server/engines/staff/link-request.ts'
import { confirmRequest, decideRequest, peopleWithout, requestById } from '../../server/engines/staff/linking.ts'
import { staffByAccount, staffById } from '../../server/engines/staff/roster.ts'
import { Forbidden, Invalid, NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card, CardKind, Press } from '../card.ts'
import { platformName } from '../platforms.ts'

/** As many people as a drop-down holds beside "please choose" (PLATFORMS.md §1.3). */
const MOST_PEOPLE = 9

/** A line to an account that belongs to nobody yet; its receiver is the request. */
const line: CardKind = {
  kind: 'link_say',
  async draw(tx, message, words) {
    const request = await live(tx, message)
    // The address book may have told us meanwhile who it is.
    const known = message.data.line === 'hello' && (await staffByAccount(tx, request.platform, request.userId))
    return { text: words.text(`cards/linking.say.${known ? 'known' : message.data.line}`) }
  },
}

/** Asks a known person whether the unknown account on another platform is theirs. */
const confirm: CardKind = {
  kind: 'link_confirm',
  draw: (tx, message, words) =>
    drawn(tx, message, words, 'confirm', async () => ({
      buttons: [
        { key: 'yes', text: words.text('cards/linking.button.yes'), look: 'main' },
        { key: 'no', text: words.text('cards/linking.button.no'), look: 'danger' },
      ],
    })),
  press: {
    yes: (tx, press) => answer(tx, press, true),
    no: (tx, press) => answer(tx, press, false),
  },
}

/** Asks an admin who the unknown account is. */
const review: CardKind = {
  kind: 'link_review',
  draw: (tx, message, words) =>
    drawn(tx, message, words, 'review', async (request) => {
      const people = await likely(tx, request)
      return {
        select: {
          name: 'person',
          title: words.text('cards/linking.choose'),
          options: people.map(({ id, name }) => ({ value: id, label: name })),
          unchosen: words.text('cards/step.unchosen'),
        },
        buttons: [
          ...(people.length > 0
            ? [{ key: 'approve', text: words.text('cards/linking.button.approve'), look: 'main' as const }]
            : []),
          { key: 'refuse', text: words.text('cards/linking.button.refuse'), look: 'danger' },
        ],
      }
    }),
  press: {
    async approve(tx, press) {
      const who = press.chosen.person ? await staffById(tx, press.chosen.person) : undefined
      if (!who?.active) throw new Invalid('person', 'person_missing')
      await decide(tx, press, who)
    },
    refuse: (tx, press) => decide(tx, press, undefined),
  },
}

export const linkingCards = [line, confirm, review]

/** Tells an unknown account something. */
export async function sayTo(tx: Tx, request: LinkRequest, text: string): Promise<void> {
  await enqueue(tx, {
    key: `link:${newId(tx.now)}`,
    channel: 'staff',
    to: request.id,
    kind: 'link_say',
    subjectId: request.id,
    // They are in front of the chat.
    urgent: true,
    data: { line: text },
  })
}

async function answer(tx: Tx, { staff, message }: Press, yes: boolean): Promise<void> {
  const request = await live(tx, message)
  await confirmRequest(tx, request, staff, yes)
  await close(tx, request, yes ? 'linked' : 'denied')
}

async function decide(tx: Tx, { staff, message }: Press, who: Awaited<ReturnType<typeof staffById>>): Promise<void> {
  // The card was sent to the admins, each their own: who holds another's has no say.
  if (message.recipientId !== staff.id) throw new Forbidden('link_not_yours')
  const request = await live(tx, message)
  await decideRequest(tx, request, staff, who)
  await close(tx, request, who ? 'linked' : 'refused')
}

async function close(tx: Tx, request: LinkRequest, text: string): Promise<void> {
  await touchCards(tx, request.id)
  await sayTo(tx, request, text)
}

async function drawn(
  tx: Tx,
  message: Message,
  words: Words,
  kind: 'confirm' | 'review',
  ways: (request: LinkRequest) => Promise<Pick<Card, 'buttons' | 'select'>>,
): Promise<{ card: Card } | undefined> {
  const request = await live(tx, message)
  const open = request.state === kind && (request.expiresAt ?? 0) > tx.now
  if (!open && message.sentAt === null) return undefined
  const nameOf = async (id: string | null) => (id && (await staffById(tx, id))?.name) || ''
  const data = {
    platform: platformName(request.platform),
    by: await nameOf(request.decidedBy),
    who: await nameOf(request.staffId),
    until: request.expiresAt ?? 0,
    now: tx.now,
  }
  const text = (key: string) => words.text(`cards/linking.${key}`, data)
  const head: Card = {
    source: { text: text('source'), mood: 'plain' },
    title: text(`${kind}.title`),
    subtitle: open ? text('until') : '',
    facts: [
      { label: text('label.account'), text: request.userId },
      ...(request.said ? [{ label: text('label.said'), text: request.said }] : []),
    ],
    menu: [],
    buttons: [],
  }
  if (!open) return { card: { ...head, closed: text(`closed.${request.isLive() ? 'expired' : request.state}`) } }
  return { card: { ...head, line: text(`${kind}.line`), ...(await ways(request)) } }
}

/** Those without an account there, whose name is nearest to what was said first. */
async function likely(tx: Tx, { platform, said }: LinkRequest) {
  const given = [...(said ?? '')]
  const alike = (name: string) => given.filter((character) => name.includes(character)).length
  const people = await peopleWithout(tx, platform)
  return people.sort((a, b) => alike(b.name) - alike(a.name)).slice(0, MOST_PEOPLE)
}

async function live(tx: Tx, message: Message): Promise<LinkRequest> {
  const request = await requestById(tx, message.subjectId)
  if (!request) throw new NotFound('link_request')
  return request
}
