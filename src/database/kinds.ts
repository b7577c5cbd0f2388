/** How long a connection may wait and work, whatever the statement. */
export interface Bounds {
  /** The longest wait for one lock on a row, a table or a number; 0 for no bound. */
  lockTimeoutMs: number
  /** The longest time of one statement, including its waits; 0 for no bound. */
  statementTimeoutMs: number
  /** How long a peer that vanishes in mid-transaction may keep its row locks. */
  idleInTransactionMs: number
}

export interface Kind extends Bounds {
  /** Its purpose, as `doctor` shows it. */
  serves: string
  /**
   * The limit for one process. When all are busy, callers wait for one of them, and for none of
   * another kind.
   */
  connectionsMax: number
  /**
   * For a pool: how many transactions may run at once, and how long the next one waits for its turn.
   */
  turns?: { max: number; waitMsMax: number }
  /** How many operations or rows one transaction handles at most; null if the caller decides. */
  rowsMax: number | null
  /** Whether plans are generic: one made for the given arrays could decide to read whole tables. */
  hasGenericPlans?: true
  /**
   * Whether it is never closed because of its age: it holds something that belongs to the session.
   */
  isKept?: true
}

/** The caller gets an answer after five seconds, so the database gives up before that. */
const REQUEST: Bounds = {
  lockTimeoutMs: 1_500,
  statementTimeoutMs: 4_500,
  idleInTransactionMs: 10_000,
}

/** Many callers wait for one batch, so one locked row must not hold up the others. */
const BATCH: Bounds = { ...REQUEST, lockTimeoutMs: 1_000 }

/** Every call of a customer waits for this check, and needs the rest of its time afterwards. */
const KEYS: Bounds = { ...BATCH, statementTimeoutMs: 2_000 }

const BACKGROUND: Bounds = {
  lockTimeoutMs: 5_000,
  statementTimeoutMs: 15_000,
  idleInTransactionMs: 10_000,
}

const lane = (serves: string, rowsMax: number, bounds = BATCH) => {
  return { serves, connectionsMax: 1, rowsMax, ...bounds, hasGenericPlans: true as const }
}

const pool = (serves: string, connectionsMax: number, bounds = REQUEST) => {
  return { serves, connectionsMax, rowsMax: null, ...bounds }
}

/** A wait for a turn, and then for a lock, still ends within its caller's time. */
const TURN_MS_MAX = 3_000

const shared = (serves: string, connectionsMax: number, bounds = REQUEST) => {
  const turns = { max: connectionsMax - 1, waitMsMax: TURN_MS_MAX }
  return { ...pool(serves, connectionsMax, bounds), turns }
}

/**
 * Every kind of connection. They are separate so that one that is used up, or waits for a lock, takes
 * nothing from the others. The sum of their limits is what a process opens at most.
 */
export const KINDS = {
  ledger: lane('money: one batch at a time', 500),
  'ledger aside': {
    ...lane('money of accounts that are locked elsewhere', 500),
    connectionsMax: 3,
  },
  'ledger atomic': {
    ...lane('money of several accounts, all or none', 1_000),
    connectionsMax: 2,
  },
  'ended holds': lane('ending expired holds', 500, BACKGROUND),
  balances: { ...lane('balances', 500), connectionsMax: 2 },
  'balances aside': lane('past balances, and those of accounts with very many holds', 500),
  'usage charges': lane('usage that is paid from funds: one batch at a time', 500),
  'usage charges aside': lane('the same, of accounts that are locked elsewhere', 500),
  usage: lane('all other usage: one batch at a time', 500),
  'usage anomalies': lane('finding anomalies', 500, BACKGROUND),
  inbox: { ...pool('Stripe’s events: one batch at a time', 1, BATCH), rowsMax: 100 },
  keys: lane('checking API keys: all that arrive together', 500, KEYS),
  'key notes': lane('recording the use of keys', 500, { ...BATCH, statementTimeoutMs: 5_000 }),
  'key changes': { ...pool('notifications of changed keys', 1, BACKGROUND), isKept: true as const },
  public: shared('the revocation list', 2),
  customers: shared('calls of customers', 3),
  internal: shared('accounts, and all other calls of the internal scope', 3),
  admin: shared('calls of operators', 4),
  privacy: shared('exports', 3, { ...BACKGROUND, lockTimeoutMs: 2_000 }),
  erasures: pool('erasures', 2, { ...BACKGROUND, lockTimeoutMs: 1_000 }),
  audit: lane('adding records to the log, one round at a time', 500, BACKGROUND),
  'audit reads': { ...lane('reading the log', 500, BACKGROUND), connectionsMax: 2 },
  events: lane('numbering and reading webhook events', 500, BACKGROUND),
  webhooks: {
    ...lane('claiming deliveries of webhook events', 500, BACKGROUND),
    connectionsMax: 2,
  },
  health: pool('readiness alone, so that it never queues', 1),
  background: shared('jobs, retention and metrics', 3, BACKGROUND),
  queue: pool('the job queue', 3, BACKGROUND),
  jobs: { ...pool('the list of running processes', 1, BACKGROUND), isKept: true as const },
  verify: pool('the nightly check of the ledger, in one snapshot', 1, BACKGROUND),
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

/** For programs with a person waiting: commands, the doctor, the start. */
export const COMMAND: Kind = pool('a command', 1, BACKGROUND)

/** For migrations: each bounds its own waits for locks, and may take as long as it needs. */
export const MIGRATION: Kind = {
  ...COMMAND,
  serves: 'migrations',
  lockTimeoutMs: 0,
  statementTimeoutMs: 0,
  isKept: true,
}

/** The most connections that a process of the service opens, including those of its jobs. */
export const CONNECTIONS_MAX: number = Object.values(KINDS).reduce(
  (sum, { connectionsMax }) => sum + connectionsMax,
  0,
)

/** The settings with which a session of a kind begins, by PostgreSQL's names. */
export function settingsOf(kind: Kind): Record<string, string> {
  return {
    lock_timeout: `${kind.lockTimeoutMs}ms`,
    statement_timeout: `${kind.statementTimeoutMs}ms`,
    idle_in_transaction_session_timeout: `${kind.idleInTransactionMs}ms`,
    // Where the planner overestimates, compiling a short statement takes longer than running it.
    jit: 'off',
    ...(kind.hasGenericPlans && { plan_cache_mode: 'force_generic_plan' }),
  }
}

/** The statements that apply these settings; all names and values come from this file. */
export function settingStatements(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `set ${name} = '${value}'`)
    .join('; ')
}
