/** Fen as people read them: ￥3.50. */
export function yuan(fen: number): string {
  return `${fen < 0 ? '-' : ''}￥${(Math.abs(fen) / 100).toFixed(2)}`
}
