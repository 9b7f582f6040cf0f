const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * Parses JSON and keeps integers of 16 digits and more as text: WeChat's MsgId and msgid are 64-bit numbers, and two
 * of them rounded to the same double would be taken for one message. Throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): unknown {
  // The plain parse comes first, also because the pattern below is linear only on valid JSON.
  const parsed: unknown = JSON.parse(text)
  if (!/\d{16}/.test(text)) return parsed
  return JSON.parse(text.replace(TOKENS, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)))
}
