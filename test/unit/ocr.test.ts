import assert from 'node:assert/strict'
import { distance } from 'fastest-levenshtein'
import { fromLines, type Readable, type ReadField } from '../../server/domain/profile/reading.ts'
import { embeddedOcr } from '../../server/lib/ocr.ts'
import { drivingLicence, type Holder, idCardBack, idCardFront, photograph, type Taken } from '../paper-pictures.ts'
import { after, test } from '../suite.ts'

const ocr = embeddedOcr()
after(() => ocr.close())

const WANG: Holder = {
  ...{ name: '王晓梅', sex: '女', nation: '汉', number: '31010119900512122X' },
  address: ['上海市黄浦区人民大道120号', '3栋201室'],
}
const ZHAO: Holder = {
  ...{ name: '赵建国', sex: '男', nation: '回', number: '310101198501010014' },
  address: ['江苏省苏州市姑苏区平江路58号', '2单元402室'],
}

interface Shot {
  kind: Readable
  svg: string
  taken: Taken
  says: Partial<Record<ReadField, string>>
}

const front = ({ name, sex, nation, number, address }: Holder) => ({
  ...{ name, sex, nation, number, address: address.join('') },
  birth: number.slice(6, 14).replace(/^(\d{4})(\d\d)/, '$1-$2-'),
})
const DATES = { of: 'C1', since: '2015-06-01', from: '2021-06-01', to: '2031-06-01' }
const licence = (holder: Holder) => {
  const { nation: _, ...rest } = front(holder)
  return { ...rest, class: DATES.of, issued_on: DATES.since, valid_from: DATES.from, valid_to: DATES.to }
}

/** Fourteen pictures: each paper straight and turned by up to five degrees, with more and more noise. */
const SHOTS: Shot[] = [WANG, ZHAO].flatMap((holder, one) => [
  ...[0, -5, 5].map((turned, i) => ({
    kind: 'id_card' as const,
    svg: idCardFront(holder),
    taken: { turned, noise: 20 + 20 * i, blur: i * 0.4, seed: 10 * one + i },
    says: front(holder),
  })),
  ...[2, -4, 5].map((turned, i) => ({
    kind: 'driving_licence' as const,
    svg: drivingLicence(holder, DATES),
    taken: { turned, noise: 20 + 20 * i, blur: i * 0.4, seed: 10 * one + 3 + i },
    says: licence(holder),
  })),
  {
    kind: 'id_card' as const,
    svg: idCardBack('上海市公安局黄浦分局', '2017.01.05', '2037.01.05'),
    taken: { turned: one === 0 ? 3 : -3, noise: 40, blur: 0.4, seed: 10 * one + 7 },
    says: { authority: '上海市公安局黄浦分局', valid_from: '2017-01-05', valid_to: '2037-01-05' },
  },
])

test('papers on pictures with noise, turned by up to five degrees', async (t) => {
  let [characters, wrong, numbers, numbersRight] = [0, 0, 0, 0]
  for (const { kind, svg, taken, says } of SHOTS) {
    const began = performance.now()
    const { fields } = fromLines(kind, await ocr.read(await photograph(svg, taken)))
    const ms = Math.round(performance.now() - began)
    const off = Object.entries(says).map(([field, text]) => {
      const read = fields[field as ReadField]?.value ?? ''
      characters += text.length
      const errors = Math.min(text.length, distance(text, read))
      wrong += errors
      return errors > 0 ? `${field}: ${text} ≠ ${read}` : ''
    })
    if (says.number) {
      numbers += 1
      if (fields.number?.value === says.number) numbersRight += 1
    }
    t.diagnostic(
      `${kind} ${taken.turned}° noise ${taken.noise}: ${ms} ms ${off.filter(Boolean).join('; ') || 'all right'}`,
    )
  }
  const rate = wrong / characters
  t.diagnostic(`${SHOTS.length} pictures, ${characters} characters, ${(100 * rate).toFixed(1)} % of them wrong`)
  t.diagnostic(`${numbersRight} of ${numbers} numbers right`)
  assert.ok(SHOTS.length >= 10)
  assert.ok(rate < 0.05, `${(100 * rate).toFixed(1)} % of the characters are wrong`)
  assert.ok(numbersRight >= numbers - 1)
})

test('a reader that is idle lets go of its memory, and comes back when it is wanted', async () => {
  const short = embeddedOcr({ idleMs: 50 })
  const picture = await photograph(idCardFront(WANG), { turned: 0, noise: 0, seed: 1 })
  assert.ok((await short.read(picture)).length > 0)
  await new Promise((resolve) => setTimeout(resolve, 400))
  assert.ok((await short.read(picture)).length > 0)
  await short.close()
})

test('what is no picture fails, and the next one is read all the same', async () => {
  await assert.rejects(ocr.read(Buffer.from('no picture')))
  const picture = await photograph(idCardFront(ZHAO), { turned: 0, noise: 10, seed: 2 })
  assert.match((await ocr.read(picture)).map(({ text }) => text).join(''), /310101198501010014/)
})
