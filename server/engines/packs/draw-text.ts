/** How wide a text is at a size of one: Chinese characters fill a square, others about half of one. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + ems(character), 0)
}

/** Cuts a text into lines no wider than this; words in Latin letters stay whole where they can. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of text.match(/[\w.@#/-]+\s?|[\s\S]/gu) ?? []) {
    // Punctuation never begins a line.
    if (line !== '' && widthOf(line + piece.trimEnd()) > most && !/^[，。、；：！？）」』》]/.test(piece)) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()]
}

/** A text as XML wants it. */
export function escaped(text: string): string {
  const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign)
}

function ems(character: string): number {
  if (/[\u1100-\u115f\u2e80-\uffe6]|\p{Extended_Pictographic}/u.test(character)) return 1
  if (/[A-Z%@mw]/.test(character)) return 0.75
  return /[ .,:;'|il]/.test(character) ? 0.32 : 0.58
}
