import assert from 'node:assert/strict'
import { type JobNotification, toJobId } from 'agenda'
import { LocalChannel } from '../../server/lib/agenda-channel.ts'
import { test } from '../suite.ts'
import { gate, until } from './agenda-house.ts'

function notice(jobName: string, nextRunAt: number): JobNotification {
  return { jobId: toJobId('1'), jobName, nextRunAt: new Date(nextRunAt), priority: 0, timestamp: new Date() }
}

test('what is told while an answer is under way is told once more afterwards, by its earliest turn', async () => {
  const channel = new LocalChannel({ onStart: () => undefined, onStop: async () => undefined })
  await channel.connect()
  const { opened, open } = gate()
  const heard: string[] = []
  channel.subscribe(async ({ jobName, nextRunAt }) => {
    heard.push(`${jobName} ${nextRunAt?.getTime()}`)
    if (jobName === 'slow') await opened
  })
  await channel.publish(notice('slow', 5))
  await until('it is being answered', () => heard.length === 1)
  for (const turn of [9, 7, 8]) await channel.publish(notice('slow', turn))
  await channel.publish(notice('other', 1))
  await until('another name is not held up', () => heard.length === 2)
  open()
  await until('the rest is told', () => heard.length === 3)
  assert.deepEqual(heard, ['slow 5', 'other 1', 'slow 7'])
  await channel.publish(notice('slow', 6))
  await until('a later one is told too', () => heard.length === 4)
})

test('starting and stopping are passed on, and a channel that is closed tells nothing', async () => {
  const calls: string[] = []
  const hooks = { onStart: () => void calls.push('start'), onStop: async () => void calls.push('stop') }
  const channel = new LocalChannel(hooks)
  await assert.rejects(channel.publish(notice('early', 1)))
  await channel.connect()
  assert.equal(channel.state, 'connected')
  await channel.disconnect()
  assert.equal(channel.state, 'disconnected')
  await assert.rejects(channel.publish(notice('late', 1)))
  assert.deepEqual(calls, ['start', 'stop'])
})
