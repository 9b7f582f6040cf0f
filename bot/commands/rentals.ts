import { plateIn } from '../../server/engines/forms/asset-field.ts'
import { rentals } from '../../server/engines/staff/rentals.ts'
import { Invalid } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import { pastTime } from '../../server/lib/past.ts'
import { type Command, line } from '../command.ts'

const NUMBER = /(?<![0-9a-z])(R\d{6}-?[0-9A-Z]{5})(?![0-9a-z])/i
/** Of a car that has no plate yet, or a rental's last letters. */
const CODE = /^(?=\S*[a-z])[0-9a-z][0-9a-z_-]{3,29}(?![0-9a-z])/i
const POINTS = /(?:[记扣]\s*)?(\d{1,2})\s*(?:分(?!钟)|points?)/i
const FINE = /(?:罚款?|fine)?\s*[¥￥]?\s*(?<![\d.])(\d{1,8}(?:\.\d{1,2})?)\s*(?:元|块钱?|yuan)?(?![\d.])/i
const MOST_FINE = 1_000_000
const MOST_POINTS = 12
const LONGEST = 120

const may: Command['may'] = (tx, staff) => rentals().may(tx, staff)

const WORDS = ['违章', 'violation', '记违章', '违章登记']

/** A violation of traffic rules of which a letter or a call has told: the car, the fine, what it was. Stored after a yes. */
const violation: Command = {
  name: 'violation',
  words: WORDS,
  group: 'work',
  may,
  async run(tx, _staff, said) {
    const named = carIn(said)
    if (!named) throw new Invalid('plate', 'violation_how')
    const { plate, at: lastAt } = await rentals().lastUse(tx, named.code)
    const time = pastTime(named.rest, tx.now)
    if (time && time.at > tx.now) throw new Invalid('time', 'violation_ahead')
    const points = POINTS.exec(time?.rest ?? named.rest)
    const without = cut(time?.rest ?? named.rest, points)
    const fine = FINE.exec(without)
    if (!fine) throw new Invalid('fine', 'violation_how')
    const told = { fine: Math.round(Number(fine[1]) * 100), points: Number(points?.[1] ?? 0) }
    if (told.fine > MOST_FINE || told.points > MOST_POINTS) throw new Invalid('fine', 'violation_much')
    const reason = cut(without, fine).replace(/[\s,，、;；。:：]+/g, ' ')
    const when = { happenedAt: time?.at ?? lastAt, timed: time !== undefined }
    const data = { plate, ...told, ...when, reason: reason.trim().slice(0, LONGEST), said: `${WORDS[0]} ${said}` }
    return [{ kind: 'violation', subjectId: newId(tx.now), data }]
  },
}

/** Has the store hurry with what it has in hand for a rental, or begin to prepare its car. */
const hurry: Command = {
  name: 'hurry',
  words: ['催办', 'hurry', '催一下', '加急办理'],
  group: 'work',
  may,
  async run(tx, staff, said) {
    const code = carIn(said)?.code ?? said.trim()
    if (!code) throw new Invalid('number', 'hurry_how')
    return [line(staff, 'hurried', await rentals().hurry(tx, staff, code))]
  },
}

/** What the people of a store, and who leads them, can say of rentals. */
export const rentalCommands = [violation, hurry]

/** The rental's number, the plate or the car's code that a text names, and the text without it. */
function carIn(text: string): { code: string; rest: string } | undefined {
  const number = NUMBER.exec(text)
  if (number?.[1]) return { code: number[1], rest: cut(text, number) }
  const code = CODE.exec(text)
  return plateIn(text) ?? (code?.[0] ? { code: code[0], rest: cut(text, code) } : undefined)
}

function cut(text: string, found: RegExpExecArray | null): string {
  return found ? `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}` : text
}
