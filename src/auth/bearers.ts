import { STORED_PREFIX } from '../process/settings.ts'
import type { Identity } from './identity.ts'
import type { Sessions } from './sessions.ts'
import type { Verifier } from './verifier.ts'

/** The two places where the tokens of a scope are looked up. */
export interface Bearers {
  environment: (presented: string) => Identity | null
  stored: Verifier<Identity>
  /** Where sessions of the console stand for their token. */
  sessions?: Sessions
}

/**
 * @param address the caller's address; a token may be bound to addresses
 * @returns null for anything that is not a valid token at this address
 */
export function identify(
  { environment, stored }: Bearers,
  presented: string | undefined,
  address: string,
): Identity | null | Promise<Identity | null> {
  if (presented === undefined) return null
  const isStored = presented.startsWith(STORED_PREFIX)
  const found = isStored ? stored.verify(presented) : environment(presented)
  if (found instanceof Promise) return found.then((identity) => at(identity, address))
  return at(found, address)
}

function at(identity: Identity | null, address: string): Identity | null {
  return identity?.isAllowedAt(address) === true ? identity : null
}
