import Taro from '@tarojs/taro'
import type { Answers } from './api.ts'
import type { Attempt } from './attempt.ts'

/** What somebody has filled in and not yet sent; it survives a lost network and a closed app. */
export interface Draft {
  answers: Answers
  attempt?: Attempt
}

const PREFIX = 'yingke:draft:'

/** The draft of a form, if there is one. */
export function readDraft(form: string): Draft | undefined {
  return Taro.getStorageSync<Draft | ''>(PREFIX + form) || undefined
}

/** Keeps the draft of a form. */
export function keepDraft(form: string, draft: Draft): void {
  Taro.setStorageSync(PREFIX + form, draft)
}

/** Throws the draft of a form away. */
export function dropDraft(form: string): void {
  Taro.removeStorageSync(PREFIX + form)
}

/** Throws every draft away: the next person on this phone is not to read them. */
export function dropAllDrafts(): void {
  for (const key of Taro.getStorageInfoSync().keys) {
    if (key.startsWith(PREFIX)) Taro.removeStorageSync(key)
  }
}
