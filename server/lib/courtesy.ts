/** Callbacks and requests that are being answered at the moment, and who waits for a moment without any. */
let answering = 0
const waiting = new Set<() => void>()

/** Answers somebody; whoever gives way waits meanwhile. */
export async function attend<T>(work: () => Promise<T>): Promise<T> {
  answering += 1
  try {
    return await work()
  } finally {
    answering -= 1
    if (answering === 0) for (const go of [...waiting]) go()
  }
}

/** Waits until nobody is being answered, but no longer than that: what can wait a moment lets people go first. */
export function giveWay(mostMs: number): Promise<void> {
  if (answering === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer)
      waiting.delete(go)
      resolve()
    }
    const timer = setTimeout(go, mostMs)
    waiting.add(go)
  })
}
