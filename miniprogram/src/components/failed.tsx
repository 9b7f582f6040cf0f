import Taro from '@tarojs/taro'
import { useTask } from '../hooks/use-task.ts'
import { explain } from '../services/explain.ts'
import { ApiError, NoAnswer } from '../services/transport.ts'
import { words } from '../words.ts'
import { Empty } from './empty.tsx'

/** A page that could not be loaded: why, and a way to try again; where there is nothing to load, the way home. */
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => Promise<void> }) {
  const [busy, start] = useTask()
  if (error instanceof ApiError && error.status === 404) {
    const goHome = () => Taro.switchTab({ url: '/pages/home/home' })
    return (
      <Empty
        icon="inbox"
        title={words.errors.goneTitle}
        text={explain(error)}
        action={words.errors.goHome}
        onAction={goHome}
      />
    )
  }
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
