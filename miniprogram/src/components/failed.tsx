import { useTask } from '../hooks/use-task.ts'
import { explain } from '../services/explain.ts'
import { NoAnswer } from '../services/transport.ts'
import { words } from '../words.ts'
import { Empty } from './empty.tsx'

/** A page that could not be loaded: why, and a way to try again. */
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => Promise<void> }) {
  const [busy, start] = useTask()
  const offline = error instanceof NoAnswer
  return (
    <Empty
      icon={offline ? 'cloud' : 'retry'}
      title={offline ? words.errors.offlineTitle : words.errors.loadTitle}
      text={explain(error)}
      action={words.retry}
      onAction={() => start(onRetry)}
      busy={busy}
    />
  )
}
