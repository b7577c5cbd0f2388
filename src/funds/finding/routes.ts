import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Permission } from '../../auth/permissions.ts'
import type { Database } from '../../database/index.ts'
import { LONG_NOTES, SHORT_PAGES, cutPage, pageRequest } from '../../http/pagination.ts'
import { ref, timesOf } from '../../http/schemas.ts'
import { Refusal } from '../../refusals/index.ts'
import { accountOfUser, getTransfer } from '../accounts.ts'
import { placeOf } from '../ids.ts'
import { presentAccount } from '../present.ts'
import { HoldParams, Transfer, TransferPage, TransferParams } from '../schemas.ts'
import { findAccounts } from './accounts.ts'
import { findHolds, readHold } from './holds.ts'
import { placeAnswer, placePage } from './places.ts'
import { presentHolds, presentTransfers } from './present.ts'
import {
  AccountPage,
  FindTransfersQuery,
  HoldPage,
  HoldState,
  ListAccountsQuery,
  ListHoldsQuery,
} from './schemas.ts'
import { findTransfers } from './transfers.ts'

export const findingSchemas = [AccountPage, HoldState, HoldPage]

interface Listing {
  permission: Permission
  /** The operations' names. */
  ids: { accounts: string; transfers: string; holds: string }
}

/** Lists over all accounts, for services and for operators. */
export const findingRoutes: FastifyPluginAsyncTypebox<Listing> = async (
  app,
  { permission, ids },
) => {
  app.get(
    '/accounts',
    {
      schema: {
        operationId: ids.accounts,
        summary: 'List accounts, newest first',
        description: SHORT_PAGES,
        querystring: ListAccountsQuery,
        response: { 200: ref(AccountPage) },
      },
      config: { permission, refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { status, tier, user_id_prefix: userIdPrefix, flag, below } = request.query
      const list = ['accounts', status, tier, userIdPrefix, flag, below?.toString()]
      const page = pageRequest(request.query, list)
      const filter = {
        status,
        tier,
        userIdPrefix,
        flag,
        below: below === undefined ? undefined : BigInt(below),
      }
      const { rows, last } = await findAccounts(app.db, filter, page)
      const shown = await Promise.all(
        rows.map(async (row) => {
          const balance = await balanceIfThere(app.funds, row.userId ?? '')
          return balance === null ? [] : [presentAccount(row, balance)]
        }),
      )
      // Balances are read after the list: by then an account may be gone, or no longer below.
      const data = shown.flat().filter((one) => below === undefined || one.balance < below)
      return cutPage(data, list, last === null ? null : String(last))
    },
  )

  app.get(
    '/transfers',
    {
      schema: {
        operationId: ids.transfers,
        summary: 'Find transfers of all accounts, newest first',
        description: `All filters that are given apply. ${SHORT_PAGES} ${LONG_NOTES}`,
        querystring: FindTransfersQuery,
        response: { 200: ref(TransferPage) },
      },
      config: { permission, refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { user_id: userId, reference, reason, kind, idempotency_key: key } = request.query
      const { from, to, transfer_id } = request.query
      const list = ['all transfers', userId, reference, reason, kind, key, from, to, transfer_id]
      const page = placePage(request.query, list)
      const times = timesOf(request.query)
      const accountId = await accountIdOf(app.db, userId)
      if (accountId === null) return { data: [], next_cursor: null }
      const place = transfer_id === undefined ? undefined : placeOf(transfer_id)
      const filter = { place, accountId, reference, reason, kind, idempotencyKey: key, ...times }
      const { rows, last } = await findTransfers(app.db, filter, page)
      const shown = await presentTransfers(app.db, rows)
      // What an erasure has not come to yet is shown without what was said of it, and so not found by it.
      const found = shown.filter(
        (one) =>
          one.reference === (reference ?? one.reference) &&
          one.reason === (reason ?? one.reason) &&
          one.idempotency_key === (key ?? one.idempotency_key),
      )
      return placeAnswer({ rows: found, last }, list)
    },
  )

  app.get(
    '/holds',
    {
      schema: {
        operationId: ids.holds,
        summary: 'List holds, newest first',
        description: `${SHORT_PAGES} ${LONG_NOTES}`,
        querystring: ListHoldsQuery,
        response: { 200: ref(HoldPage) },
      },
      config: { permission, refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { user_id: userId, status } = request.query
      const list = ['holds', userId, status]
      const page = placePage(request.query, list)
      const accountId = await accountIdOf(app.db, userId)
      if (accountId === null) return { data: [], next_cursor: null }
      const { rows, last } = await findHolds(app.db, { accountId, status }, page)
      return placeAnswer({ rows: await presentHolds(app.db, rows), last }, list)
    },
  )
}

/** Internal: one of each. */
export const readingRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/transfers/:transfer_id',
    {
      schema: {
        operationId: 'getTransfer',
        summary: 'Read a transfer',
        params: TransferParams,
        response: { 200: ref(Transfer) },
      },
      config: { permission: 'accounts:read', refusals: ['TRANSFER_NOT_FOUND'] },
    },
    async (request) => {
      const row = await getTransfer(app.db, placeOf(request.params.transfer_id))
      const [transfer] = await presentTransfers(app.db, [row])
      request.userId = transfer?.user_id ?? null
      return transfer
    },
  )

  app.get(
    '/holds/:hold_id',
    {
      schema: {
        operationId: 'getHold',
        summary: 'Read a hold as it is now',
        params: HoldParams,
        response: { 200: ref(HoldState) },
      },
      config: { permission: 'accounts:read', refusals: ['HOLD_NOT_FOUND'] },
    },
    async (request) => {
      const row = await readHold(app.db, placeOf(request.params.hold_id))
      if (row === undefined) throw new Refusal('HOLD_NOT_FOUND')
      const [hold] = await presentHolds(app.db, [row])
      request.userId = hold?.user_id ?? null
      return hold
    },
  )
}

/** @returns null for a user without an account, of whom there is nothing to list */
async function accountIdOf(db: Database, userId: string | undefined) {
  if (userId === undefined) return undefined
  const account = await accountOfUser(db, userId)
  return account?.id ?? null
}

/** The balance; null if the account has been erased since it was listed. */
async function balanceIfThere(funds: FastifyInstance['funds'], userId: string) {
  try {
    return await funds.balance(userId)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'ACCOUNT_NOT_FOUND') return null
    throw error
  }
}
