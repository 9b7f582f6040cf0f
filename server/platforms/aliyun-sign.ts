import { createHash, createHmac, randomBytes } from 'node:crypto'

/** One call of an Aliyun API in RPC style: everything it says stands in the query. */
export interface AliyunCall {
  host: string
  action: string
  version: string
  query: Record<string, string>
  /** Made up when not given. */
  nonce?: string
  /** The machine's own time when not given: Aliyun refuses what is 15 minutes off. */
  date?: string
}

export interface AliyunKey {
  accessKeyId: string
  accessKeySecret: string
}

const ALGORITHM = 'ACS3-HMAC-SHA256'
const SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
] as const

/**
 * The query and the headers of a call with Aliyun's V3 signature
 * (https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature).
 */
export function signAliyun(call: AliyunCall, key: AliyunKey): { query: string; headers: Record<string, string> } {
  const query = Object.entries(call.query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')
  const values: Record<(typeof SIGNED)[number], string> = {
    host: call.host,
    'x-acs-action': call.action,
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': call.date ?? new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': call.nonce ?? randomBytes(16).toString('hex'),
    'x-acs-version': call.version,
  }
  const headerLines = SIGNED.map((name) => `${name}:${values[name]}\n`).join('')
  const request = ['POST', '/', query, headerLines, SIGNED.join(';'), values['x-acs-content-sha256']].join('\n')
  const signature = createHmac('sha256', key.accessKeySecret)
    .update(`${ALGORITHM}\n${sha256(request)}`)
    .digest('hex')
  // The host is fetch's own to send.
  const { host: _, ...headers } = values
  return {
    query,
    headers: {
      ...headers,
      Authorization: `${ALGORITHM} Credential=${key.accessKeyId},SignedHeaders=${SIGNED.join(';')},Signature=${signature}`,
    },
  }
}

/** RFC 3986, which leaves fewer characters alone than JavaScript does. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
