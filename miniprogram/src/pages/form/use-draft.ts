import { useCallback, useRef, useState } from 'react'
import { answersToKeep, openingAnswers } from '../../services/answers.ts'
import type { Answers, FormDefinition } from '../../services/api.ts'
import { attemptFor } from '../../services/attempt.ts'
import { type Draft, dropDraft, keepDraft, readDraft } from '../../services/drafts.ts'

export interface DraftHandle {
  answers: Answers
  /** Whether something of an earlier visit was found. */
  restored: boolean
  answer(name: string, value: unknown): void
  /** The key for sending this body: the same as before while the body is the same. */
  keyFor(body: string): string
  startOver(): void
  /** The server has it: nothing is left to keep. */
  finish(): void
}

/** What has been filled in, kept on the phone with each change. */
export function useDraft(form: FormDefinition, given: Answers): DraftHandle {
  const [found] = useState(() => readDraft(form.name))
  const [restored, setRestored] = useState(found !== undefined)
  const [answers, setAnswers] = useState(() => ({ ...openingAnswers(form, found?.answers), ...given }))
  const latest = useRef<Draft>({ answers, attempt: found?.attempt })

  const keep = useCallback(() => {
    keepDraft(form.name, { ...latest.current, answers: answersToKeep(form, latest.current.answers) })
  }, [form])

  const answer = (name: string, value: unknown) => {
    latest.current = { ...latest.current, answers: { ...latest.current.answers, [name]: value } }
    setAnswers(latest.current.answers)
    keep()
  }

  const keyFor = (body: string) => {
    const attempt = attemptFor(body, latest.current.attempt)
    latest.current = { ...latest.current, attempt }
    keep()
    return attempt.key
  }

  const startOver = () => {
    dropDraft(form.name)
    latest.current = { answers: { ...openingAnswers(form), ...given } }
    setAnswers(latest.current.answers)
    setRestored(false)
  }

  return { answers, restored, answer, keyFor, startOver, finish: () => dropDraft(form.name) }
}
