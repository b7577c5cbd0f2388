import { type SQL, and, sql } from 'drizzle-orm'
import type { Database } from '../../database/index.ts'
import type { AccountRow } from '../accounts.ts'
import { accounts } from '../tables.ts'
import { WALK_MAX } from './places.ts'

export interface AccountFilter {
  status: 'active' | 'frozen' | 'closed' | undefined
  tier: string | undefined
  /** How the user's id begins; accounts of nobody any more have none. */
  userIdPrefix: string | undefined
  flag: 'charged_back' | undefined
  /** With a balance below this. */
  below: bigint | undefined
}

export interface AccountPage {
  limit: number
  before: bigint | null
}

/** Accounts whose users' ids begin alike, if they are no more than this, are looked at all. */
const ALIKE_FEW = 1_000

/**
 * A page of accounts, the newest first. What no index knows, such as a balance, is looked at in the rows
 * that one gives, up to a number of them.
 */
export async function findAccounts(
  db: Database,
  filter: AccountFilter,
  page: AccountPage,
): Promise<{ rows: AccountRow[]; last: bigint | null }> {
  const way = await wayOf(db, filter, page)
  const rows = await pageQuery(db, way, page)
  if (rows.length > page.limit) {
    const shown = rows.slice(0, page.limit)
    return { rows: shown, last: shown.at(-1)?.id ?? null }
  }
  if (way.besides.length === 0) return { rows, last: null }
  const [walkedTo] = await endQuery(db, way)
  return { rows, last: walkedTo?.id ?? null }
}

export interface AccountWay {
  along: SQL[]
  besides: SQL[]
}

export function pageQuery(db: Database, { along, besides }: AccountWay, { limit }: AccountPage) {
  const walked = db
    .select()
    .from(accounts)
    .where(and(...along))
    .orderBy(sql`id desc`)
    .limit(besides.length === 0 ? limit + 1 : WALK_MAX)
    .as('walked')
  return db
    .select()
    .from(walked)
    .where(and(...besides))
    .orderBy(sql`id desc`)
    .limit(limit + 1)
}

/** The last row of a walk that goes no further; none where the list ends before. */
function endQuery(db: Database, { along }: AccountWay) {
  return db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(...along))
    .orderBy(sql`id desc`)
    .offset(WALK_MAX - 1)
    .limit(1)
}

export async function wayOf(
  db: Database,
  filter: AccountFilter,
  { before }: AccountPage,
): Promise<AccountWay> {
  const { status, tier, userIdPrefix, flag, below } = filter
  const alike = userIdPrefix === undefined ? null : await alikeQuery(db, userIdPrefix)
  const isFew = alike !== null && alike.length <= ALIKE_FEW
  const terms = [
    ...(isFew ? [sql`id = any(${`{${alike.map(({ id }) => id).join()}}`}::bigint[])`] : []),
    ...(flag === undefined ? [] : [sql`charged_back`]),
    // As the index has it.
    ...(status === undefined || status === 'active'
      ? []
      : [sql`status <> 'active' and status = ${status}`]),
    ...(tier === undefined ? [] : [sql`tier = ${tier}`]),
  ]
  const [first = sql`true`, ...others] = terms
  const last = before === null ? [] : [sql`id < ${String(before)}::bigint`]
  const besides = [
    ...others,
    ...(status === 'active' ? [sql`status = 'active'`] : []),
    ...(userIdPrefix === undefined || isFew ? [] : [sql`starts_with(user_id, ${userIdPrefix})`]),
    ...(userIdPrefix === undefined ? [] : [sql`status <> 'closed'`]),
    ...(below === undefined ? [] : [isBelow(below)]),
  ]
  return { along: [sql`user_id is not null`, first, ...last], besides }
}

/**
 * Whether an account is below an amount, or may be because its balance still includes expired
 * grants. The caller must check the current balance.
 */
function isBelow(amount: bigint): SQL {
  const mark = sql`${String(amount)}::bigint`
  return sql`(balance < ${mark} or granted > 0 and balance - granted < ${mark} and exists (
    select from grants g where g.account_id = walked.id and g.is_open
      and (g.closed_at is not null or g.expires_at <= now())
  ))`
}

/** In the order of the index, byte by byte: the last character of the prefix has a next one. */
export function alikeQuery(db: Database, prefix: string) {
  const code = prefix.charCodeAt(prefix.length - 1)
  const end = prefix.slice(0, -1) + String.fromCharCode(code + 1)
  return db
    .select({ id: accounts.id })
    .from(accounts)
    .where(sql`user_id ~>=~ ${prefix} and user_id ~<~ ${end}`)
    .orderBy(sql`user_id using ~<~`)
    .limit(ALIKE_FEW + 1)
}
