import assert from 'node:assert/strict'
import { ConfigError, readConfig } from '../../server/lib/config.ts'
import { test } from '../suite.ts'

const problemsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('group robots of both platforms are read by their names, with what makes them safe', () => {
  const { groupRobots } = readConfig({
    WECOM_GROUP_ROBOT_KEYS: ' 值班群 = key-1 ,',
    DINGTALK_GROUP_ROBOTS: 'plain=t1,signed=t2:SECabc=,worded=t3:值班 提醒',
  })
  assert.deepEqual(groupRobots, {
    值班群: { platform: 'wecom', key: 'key-1' },
    plain: { platform: 'dingtalk', accessToken: 't1' },
    signed: { platform: 'dingtalk', accessToken: 't2', secret: 'SECabc=' },
    worded: { platform: 'dingtalk', accessToken: 't3', keyword: '值班 提醒' },
  })
})

test('a name that no message could bear, a name given twice, and half a pair are refused with a reason', () => {
  const long = '名'.repeat(27)
  assert.deepEqual(problemsOf({ DINGTALK_GROUP_ROBOTS: `${long}=t` }), [
    `DINGTALK_GROUP_ROBOTS: the name "${long}" has 27 characters, at most 26`,
  ])
  assert.deepEqual(problemsOf({ WECOM_GROUP_ROBOT_KEYS: `${long}=k` }), [
    `WECOM_GROUP_ROBOT_KEYS: the name "${long}" has 27 characters, at most 26`,
  ])
  assert.deepEqual(problemsOf({ WECOM_GROUP_ROBOT_KEYS: 'desk=k', DINGTALK_GROUP_ROBOTS: 'desk=t' }), [
    'DINGTALK_GROUP_ROBOTS: there are two robots called "desk"',
  ])
  assert.deepEqual(problemsOf({ DINGTALK_GROUP_ROBOTS: 'desk' }), ['DINGTALK_GROUP_ROBOTS: "desk=" is not name=value'])
})
