/** An outside system by the name that packs use. */
export interface WebhookSettings {
  url: string
  secret: string
}

const NAME_CHARS = 26
const PAIR = /^([^=]+)=(.+?)@(https?:\/\/.+)$/

/** The outside systems of `WEBHOOKS`, `name=secret@url` separated by commas; what is wrong with them goes into `problems`. */
export function readWebhooks(text: string | undefined, problems: string[]): Record<string, WebhookSettings> {
  const hooks: Record<string, WebhookSettings> = {}
  for (const pair of (text ?? '').split(/,(?=[^=,@]+=[^,]+@https?:)/)) {
    if (pair.trim() === '') continue
    const [, name = '', secret = '', url = ''] = PAIR.exec(pair.trim()) ?? []
    if (!name || !URL.canParse(url))
      problems.push(`WEBHOOKS: "${pair.trim().split('=')[0]}=…" is not name=secret@https://…`)
    else if ([...name].length > NAME_CHARS)
      problems.push(`WEBHOOKS: the name "${name}" has ${[...name].length} characters, at most ${NAME_CHARS}`)
    else if (Object.hasOwn(hooks, name)) problems.push(`WEBHOOKS: there are two called "${name}"`)
    else hooks[name] = { url, secret }
  }
  return hooks
}
