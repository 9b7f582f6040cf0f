import { basename } from 'node:path'
import type { TestContext as NodeContext } from 'node:test'

/** What a test is given: the part of node:test's context that our tests use. */
export interface TestContext extends Pick<NodeContext, 'name' | 'mock'> {
  /** Does this when the test is over, however it went. */
  after(hook: () => unknown): void
  diagnostic(message: string): void
  skip(message?: string): void
}

export interface TestOptions {
  /** Why it is not run, if it is not. */
  skip?: string | false
  /** Milliseconds after which it has failed. */
  timeout?: number
}

export type Told = (t: TestContext) => void | Promise<void>
export type Hook = () => unknown

/** What a test file says, as node:test understands it. */
export interface Suite {
  test(name: string, told: Told): unknown
  test(name: string, options: TestOptions, told: Told): unknown
  describe(name: string, tell: () => void): unknown
  before(hook: Hook): unknown
  after(hook: Hook): unknown
  beforeEach(hook: Hook): unknown
  afterEach(hook: Hook): unknown
}

/** A file that is run by itself is told to node:test; a worker of test/group.ts tells many, one after the other. */
const worker = basename(process.argv[1] ?? '') === 'group-worker.js' ? await import('./telling.ts') : undefined
const suite: Suite = worker?.telling ?? (await import('node:test'))

export const { test, describe, before, after, beforeEach, afterEach } = suite

/** The name of the test file that is being told. */
export function toldFile(): string {
  return worker?.toldFile() ?? basename(process.argv[1] ?? '')
}
