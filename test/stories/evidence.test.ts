import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onEachChat, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** Two branches whose photo fields are called alike, both an engineer's, then a last look by the same person. */
const FORM = `form: visit
title: 上门
fields:
  - { name: before, kind: photos, label: 维修前照片, max: 2 }
  - { name: after, kind: photos, label: 维修后照片, max: 3 }
  - { name: note, kind: text, label: 说明, required: true }
`
const branch = (name: string, title: string, evidence: string, next: string) => `
  - { step: ${name}, title: ${title}, progress: 正在${title}, task: ${title}, role: engineer, limit: 4 h, form: visit,
      ${evidence}, actions: [accept, finish, ask, transfer], next: ${next} }`
const FLOW = `steps:
  - { step: split, parallel: [lock, wheel], then: look }
${branch('lock', '修锁', 'evidence: [before, after]', 'join')}
${branch('wheel', '修轮', 'evidence: { photos: 2, of: after }', 'join')}
${branch('look', '复查', 'evidence: [after]', 'end')}
`

onEachChat((open, chat) => {
  let story: Story
  let ticketId = ''
  beforeEach(async () => {
    story = await open()
    const pack = join(story.templates, 'packs/service-desk')
    const path = join(pack, 'flows/complaint.yaml')
    const text = await readFile(path, 'utf8')
    await writeFile(join(pack, 'forms/visit.yaml'), FORM)
    await writeFile(path, text.slice(0, text.indexOf('steps:')) + FLOW)
    await story.settle()
    assert.deepEqual(story.running.house.shelf.problems, [])
    ticketId = (await story.wang.complain('车锁和轮子都坏了')).id
  })
  afterEach(() => story.close())

  async function live(): Promise<string[]> {
    const rows = await story.db.read((tx) =>
      tx.query<{ name: string }>(`SELECT name FROM flow_steps WHERE state = 'open' AND kind = 'task' ORDER BY seq`),
    )
    return rows.map(({ name }) => name)
  }

  /** How many pictures count for a field of a step, as the flow keeps it. */
  async function kept(step: string, field: string): Promise<string[]> {
    const [row] = await story.db.read((tx) =>
      tx.query<{ answers: string }>(`SELECT answers FROM flow_steps WHERE name = ? AND state = 'done'`, [step]),
    )
    return (JSON.parse(String(row?.answers)) as Record<string, string[]>)[field] ?? []
  }

  const photo = async () => story.chen.sends(await jpeg())

  /** WeCom's presses of one second are one press, and nobody is sent more than some messages at once. */
  async function press(words: string): Promise<void> {
    await story.later('1 min')
    await story.chen.press(words, 'finish')
  }

  test('a photo counts for the step and the field for which it was sent, in parallel steps too, and the trace shows it', async () => {
    const { chen, he } = story
    await press('修锁')
    assert.match(chen.lastLine(), /请发送「维修前照片」/)
    await photo()
    assert.match(chen.lastLine(), /已收到「维修前照片」第 1 张照片。/)
    // Another step comes between; what was sent for the first one waits there.
    await press('修轮')
    assert.match(chen.lastLine(), /请发送「维修后照片」至少 2 张，发完/)
    await photo()
    assert.match(chen.lastLine(), /「维修后照片」第 1 张照片，还差 1 张/)
    await chen.says('完成')
    assert.match(chen.lastLine(), /还缺照片：「维修后照片」需要至少 2 张，现在有 1 张/)

    await press('修锁')
    assert.match(chen.lastLine(), /请发送「维修后照片」/, 'the one before the repair is there already')
    await chen.says('完成')
    assert.match(chen.lastLine(), /需要至少 1 张，现在有 0 张/, 'a photo of the wheel is none of the lock')
    await photo()
    await chen.says('完成')
    await chen.says('换了锁芯')
    assert.deepEqual(await live(), ['wheel'])

    await press('修轮')
    assert.match(chen.lastLine(), /「维修后照片」至少 2 张（已收到 1 张）/)
    await photo()
    await chen.says('完成')
    await chen.says('换了轮子')
    assert.deepEqual(await live(), ['look'])
    const pictures = [
      ...(await kept('lock', 'before')),
      ...(await kept('lock', 'after')),
      ...(await kept('wheel', 'after')),
    ]
    assert.equal(new Set(pictures).size, 4)

    await press('复查')
    await chen.says('完成')
    assert.match(chen.lastLine(), /需要至少 1 张，现在有 0 张/, 'what earlier steps have brought does not count here')
    assert.deepEqual(await live(), ['look'])

    await story.later('1 min')
    const number = (await story.wang.ticket(ticketId)).number
    await he.says(`工单 ${number.slice(-5)}`)
    assert.match(JSON.stringify(he.card(number).card), /完成「修锁」，照片 2 张/)
    const before = he.chat().length
    await he.pressMenu(number, 'photos')
    const shown = he.chat().slice(before)
    assert.equal(shown.filter(({ kind }) => kind === 'image').length, 4, he.read())
    const said = shown.flatMap((item) => (item.kind === 'text' ? item.text : [])).join('\n')
    const lines = [
      /的照片，共 4 张，依次是：/,
      /第 1 张：【修锁】维修前照片（陈志远 11月23日 10:01）/,
      /【修轮】维修后照片（陈志远 /,
    ]
    for (const line of lines) assert.match(said, line)
  })

  test('no door takes the picture of another step, and what is given up counts no more', async () => {
    const { chen } = story
    await press('修锁')
    await photo()
    await photo()
    await photo()
    assert.match(chen.lastLine(), /最多 2 张照片/)
    await chen.says('取消')
    assert.match(chen.lastLine(), /刚才发的 2 张照片作废/)
    await press('修锁')
    assert.match(chen.lastLine(), /请发送「维修前照片」，发完/)
    await photo()
    await chen.says('完成')
    await photo()
    await chen.says('完成')
    await chen.says('换了锁芯')
    const [before = '', after = ''] = [...(await kept('lock', 'before')), ...(await kept('lock', 'after'))]
    assert.ok(before && after)

    if (chat === 'dingtalk') {
      // A platform's answer is bytes from outside: whatever it names as photos is asked for all the same.
      await chen.press('修轮', 'finish', { note: '换了轮子', after })
      assert.match(chen.lastLine(), /请发送「维修后照片」至少 2 张/)
      assert.deepEqual(await live(), ['wheel'])
      await chen.says('取消')
    }
    const page = await openPage()
    const refused = await page.send({ note: '换了轮子', after, 'after-drop': after })
    assert.ok(refused.includes('还缺照片：「维修后照片」需要至少 2 张，现在有 0 张'), refused)
    const half = await page.send({ note: '' }, [await jpeg(), await jpeg()])
    assert.ok(half.includes('请填写「说明」'), half)
    const ids = [...half.matchAll(/name="after-drop" value="(\w+)"/g)].map(([, id]) => id as string)
    assert.equal(ids.length, 2, 'the pictures stay although an answer was missing')
    const one = await page.send({ note: '换了轮子', 'after-drop': ids[0] as string })
    assert.ok(one.includes('现在有 1 张'), one)
    assert.ok((await page.send({ note: '换了轮子' }, [await jpeg()])).includes('已提交'))
    assert.deepEqual(await live(), ['look'])
    assert.deepEqual((await kept('lock', 'before')).concat(await kept('lock', 'after')), [before, after])
    assert.equal((await kept('wheel', 'after'))[0], ids[1])
  })

  async function openPage() {
    const { chen } = story
    await chen.pressMenu('修轮', 'page')
    const url = story.running.url + new URL(chen.link()).pathname
    const opened = await fetch(url, { method: 'POST', redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return {
      async send(fields: Record<string, string>, photos: Buffer[] = []): Promise<string> {
        const body = new FormData()
        for (const [name, value] of Object.entries(fields)) body.append(name, value)
        for (const one of photos) body.append('after', new Blob([one]), 'photo.jpg')
        const sent = await fetch(`${story.running.url}/work`, { method: 'POST', headers: { cookie }, body })
        return sent.text()
      },
    }
  }
})
