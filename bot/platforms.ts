import type { Words } from '../server/lib/render.ts'

let names: string[] = []
let words: Words | undefined

/** Hands over the platforms of the work chats that are configured, and the words in which people call them. */
export function usePlatforms(platforms: string[], theirs: Words): void {
  names = platforms
  words = theirs
}

/** Whether there is more than one platform to be told on. */
export function isPlatformChoice(): boolean {
  return names.length > 1
}

/** The platforms that are configured, as templates list them: by what people read, and by what they may type as well. */
export function platformsToList(): { platforms: string[]; ids: string[] } {
  return { platforms: names.map(platformName), ids: names }
}

/** What people read for a platform. */
export function platformName(platform: string): string {
  const key = `cards/platforms.${platform}.name`
  return words?.has(key) ? words.text(key) : platform
}

/** The configured platform that somebody has named. */
export function platformCalled(said: string): string | undefined {
  const wanted = said.toLowerCase()
  return names.find((platform) => callsOf(platform).some((call) => call.toLowerCase() === wanted))
}

function callsOf(platform: string): string[] {
  const key = `cards/platforms.${platform}.said`
  const others = words?.has(key) ? (words.tree(key) as string[]) : []
  return [platform, platformName(platform), ...others]
}
