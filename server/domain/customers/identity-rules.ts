import { type IdentityKind, type IdentityRules, identityRules, isBlocked } from '../../engines/packs/identities.ts'

const DEFAULT = identityRules([])
let inForce: () => IdentityRules = () => DEFAULT

/** Lets the packs say how customers are told apart. */
export function useIdentityRules(rules: () => IdentityRules): void {
  inForce = rules
}

/** The rules in force. */
export function identityRulesNow(): IdentityRules {
  return inForce()
}

let roles: () => string[] = () => []

/** Lets the packs say which roles may join two customers. */
export function useMergeRoles(mayMerge: () => string[]): void {
  roles = mayMerge
}

/** The roles that may join two customers. */
export function mergeRolesNow(): string[] {
  return roles()
}

/** Whether the packs say that a value identifies nobody; what is blocked as a number is so as a contact too. */
export function isBlockedValue(rules: IdentityRules, kind: IdentityKind, value: string): boolean {
  return isBlocked(rules[kind], value) || (kind === 'contact' && isBlocked(rules.phone, value))
}
