import type { HtmlToTextOptions } from 'html-to-text'

const ANCHOR = /(<a\b[^>]*?\shref=")([^"]*)(")/gi
const HIDDEN = /<div style="display:none;[^>]*>[\s\S]*?<\/div>/
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#x60;': '`',
  '&#x3D;': '=',
}

/**
 * Leads every web address in a mail through `track`; one that a browser could run, or that is none, leads nowhere.
 * Addresses that begin with `own` are our own doors and stay as they are.
 */
export function trackLinks(html: string, own: string, track: (url: string) => string): string {
  return html.replace(ANCHOR, (_all, before: string, written: string, after: string) => {
    const url = plain(written).trim()
    if (/^https?:\/\//i.test(url)) return `${before}${escaped(url.startsWith(own) ? url : track(url))}${after}`
    return before + (/^(mailto|tel):/i.test(url) ? written : '#') + after
  })
}

/** Puts something at the very end of a mail's body. */
export function appendTo(html: string, more: string): string {
  const end = html.lastIndexOf('</body>')
  return end < 0 ? html + more : html.slice(0, end) + more + html.slice(end)
}

const TO_TEXT: HtmlToTextOptions = {
  wordwrap: false,
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    { selector: 'h1', options: { uppercase: false } },
    { selector: 'h2', options: { uppercase: false } },
  ],
}

/** The same mail in plain words, for readers and programs that show no HTML. */
export async function textOf(html: string): Promise<string> {
  // Loaded at the first mail only.
  const { convert } = await import('html-to-text')
  return convert(html.replace(HIDDEN, ''), TO_TEXT).trim()
}

function plain(written: string): string {
  return written.replace(/&(?:amp|lt|gt|quot|#x27|#x60|#x3D);/g, (entity) => ENTITIES[entity] ?? entity)
}

function escaped(url: string): string {
  return url.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')
}
