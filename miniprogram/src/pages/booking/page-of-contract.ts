/** The page on which a contract is read and signed. */
export function pageOfContract(id: string): string {
  return `/pages/contract/contract?id=${encodeURIComponent(id)}`
}
