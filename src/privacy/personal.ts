import type { TSchema } from '@sinclair/typebox'
import type { Database, Transaction } from '../database/index.ts'

/** The person whose data it is: a customer, or a user with an account. */
export type Whom =
  { customerId: string; accountId: null } | { customerId: null; accountId: bigint; userId: string }

export interface ClosedAccount {
  id: bigint
  asset: string
}

/** A part of the personal data, in the document that a person may ask for. */
export interface ExportPart {
  of: 'customer' | 'account'
  /** The name of its field. */
  name: string
  schema: TSchema
  /** @returns a value, or `Pages` of a list */
  read(db: Database, whom: Whom, people: readonly string[]): unknown
  /** Whether it follows the parts of capabilities. */
  isLast?: boolean
}

/** The names of a person in Stripe's events. */
export interface Names {
  ids: readonly string[]
  stripeCustomerIds?: readonly string[]
}

export interface Personal {
  /** For plugins: adds parts of the exports of personal data. */
  addExports(...parts: ExportPart[]): void
  /** For plugins: adds further names under which Stripe's events may mention a person. */
  addNames(find: (tx: Transaction, whom: Whom) => Promise<Names>): void
  /** For plugins: adds what ends immediately with a customer, in the transaction that closes it. */
  addClosing(close: (tx: Transaction, customerId: string) => Promise<void>): void
  /** For plugins: adds what is noted of an account in the transaction that closes it. */
  addAccountClosing(close: (tx: Transaction, account: ClosedAccount) => Promise<void>): void
  /** For plugins: adds a check whether an account belongs to the customer whose id is its user id. */
  addOwnership(isPart: (tx: Transaction, accountId: bigint) => Promise<boolean>): void
  exportsOf(of: ExportPart['of']): readonly ExportPart[]
  /** All ids by which events may name a person, and separately those that are Stripe customers. */
  namesOf(tx: Transaction, whom: Whom): Promise<{ ids: string[]; stripeCustomerIds: string[] }>
  close(tx: Transaction, customerId: string): Promise<void>
  closeAccount(tx: Transaction, account: ClosedAccount): Promise<void>
  isPart(tx: Transaction, accountId: bigint): Promise<boolean>
}

/**
 * The personal data that capabilities hold; each adds its own.
 * @param ends parts at the end of every document
 */
export function personalRegistry(ends: readonly ExportPart[]): Personal {
  const exports: ExportPart[] = []
  const finders: Parameters<Personal['addNames']>[0][] = []
  const closings: Parameters<Personal['addClosing']>[0][] = []
  const accountClosings: Parameters<Personal['addAccountClosing']>[0][] = []
  const ownerships: Parameters<Personal['addOwnership']>[0][] = []
  return {
    addExports: (...parts) => void exports.push(...parts),
    addNames: (find) => void finders.push(find),
    addClosing: (close) => void closings.push(close),
    addAccountClosing: (close) => void accountClosings.push(close),
    addOwnership: (isPart) => void ownerships.push(isPart),
    exportsOf: (of) => {
      const own = exports.filter((part) => part.of === of)
      return [
        ...own.filter(({ isLast }) => isLast !== true),
        ...own.filter(({ isLast }) => isLast === true),
        ...ends.filter((part) => part.of === of),
      ]
    },
    namesOf: async (tx, whom) => {
      const ids = new Set<string>()
      const stripeCustomerIds = new Set<string>()
      for (const find of finders) {
        const found = await find(tx, whom)
        for (const id of found.stripeCustomerIds ?? []) stripeCustomerIds.add(id)
        for (const id of [...found.ids, ...(found.stripeCustomerIds ?? [])]) ids.add(id)
      }
      return { ids: [...ids], stripeCustomerIds: [...stripeCustomerIds] }
    },
    close: async (tx, customerId) => {
      for (const close of closings) await close(tx, customerId)
    },
    closeAccount: async (tx, account) => {
      for (const close of accountClosings) await close(tx, account)
    },
    isPart: async (tx, accountId) => {
      for (const isPart of ownerships) if (await isPart(tx, accountId)) return true
      return false
    },
  }
}
