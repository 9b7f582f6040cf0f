/** Fen as people read them: ￥1,234.50. */
export function yuan(fen: number): string {
  const [whole = '', part = ''] = (Math.abs(fen) / 100).toFixed(2).split('.')
  return `${fen < 0 ? '-' : ''}￥${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`
}
