import { type KeyObject, randomBytes, sign, verify } from 'node:crypto'

/*
 * The signatures of WeChat Pay's API v3 (PLATFORMS 7.1): RSA-SHA256 with PKCS#1 v1.5 over lines that each end with LF,
 * in Base64. Source: pay.weixin.qq.com/doc/v3/merchant, 签名认证.
 */

const SCHEMA = 'WECHATPAY2-SHA256-RSA2048'

/** Who signs, and with what. */
export interface Signer {
  mchId: string
  /** Of the merchant's certificate. */
  serial: string
  privateKey: KeyObject
}

interface Request {
  method: string
  /** Path and query exactly as they are sent. */
  target: string
  body: string
}

/** What is signed: every part on a line of its own, the last one too. */
export function linesOf(...parts: string[]): string {
  return parts.map((part) => `${part}\n`).join('')
}

/** Signs a message. */
export function signRsa(message: string, key: KeyObject): string {
  return sign('RSA-SHA256', Buffer.from(message, 'utf8'), key).toString('base64')
}

/** Whether a signature belongs to a message. */
export function rsaHolds(message: string, signature: string, key: KeyObject): boolean {
  if (!/^[\w+/]+={0,2}$/.test(signature)) return false
  return verify('RSA-SHA256', Buffer.from(message, 'utf8'), key, Buffer.from(signature, 'base64'))
}

/** The header Authorization of a request; signed by the machine's own time, for five minutes. */
export function authorization({ mchId, serial, privateKey }: Signer, request: Request, now = Date.now()): string {
  const [timestamp, nonce] = [String(Math.floor(now / 1000)), newNonce()]
  const message = linesOf(request.method, request.target, timestamp, nonce, request.body)
  const pairs = {
    mchid: mchId,
    nonce_str: nonce,
    timestamp,
    serial_no: serial,
    signature: signRsa(message, privateKey),
  }
  return `${SCHEMA} ${Object.entries(pairs)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}`
}

/** What `wx.requestPayment` is called with. */
export interface PayParams {
  /** In seconds, as text. */
  timeStamp: string
  nonceStr: string
  /** `prepay_id=…` */
  package: string
  signType: 'RSA'
  paySign: string
}

/** What a phone needs to pay what was prepaid. */
export function payParams(
  { appId, privateKey }: { appId: string; privateKey: KeyObject },
  prepayId: string,
  { now = Date.now(), nonce = newNonce() }: { now?: number; nonce?: string } = {},
): PayParams {
  const [timeStamp, prepaid] = [String(Math.floor(now / 1000)), `prepay_id=${prepayId}`]
  const paySign = signRsa(linesOf(appId, timeStamp, nonce, prepaid), privateKey)
  return { timeStamp, nonceStr: nonce, package: prepaid, signType: 'RSA', paySign }
}

function newNonce(): string {
  return randomBytes(16).toString('hex').toUpperCase()
}
