import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type postgres from 'postgres'
import type { LogRecord } from '../audit/places.ts'
import { eventSteps } from './erasure.ts'
import { eventExports } from './export.ts'
import { type NameSubjects, drainOutbox, numberEvents } from './number.ts'
import { forgetOldEvents } from './retention.ts'
import type { EventDraft, EventType, EventsOfRecord, Told } from './types.ts'

const INTERVAL_MS = 80
const RETRY_MS = 1_000
const CLOSE_TIMEOUT_S = 5

declare module 'fastify' {
  interface FastifyInstance {
    events: {
      /** For capabilities: adds the types of their events, and how audit records become events. */
      add(told: Told): void
      /** For capabilities: sets how the users and assets of accounts are found. */
      name(names: NameSubjects): void
      /**
       * For capabilities: sets how to read, in the given transaction, which types with `isOptIn`
       * any endpoint asks for.
       */
      addWishes(wishes: (tx: postgres.Sql) => Promise<readonly string[]>): void
      types: ReadonlyMap<string, EventType>
      /** The connection for reading events and for numbering those in the outbox. */
      sql: postgres.Sql
    }
  }
}

/**
 * Makes the events that webhooks send. The round that adds a record to the audit log also makes its
 * events, from the record in memory. So an act neither writes nor waits for anything more.
 */
export const events = fp(
  async (app: FastifyInstance) => {
    const sql = app.connections.open('events')
    const types = new Map<string, EventType>()
    const records = new Map<string, EventsOfRecord>()
    let nameSubjects: NameSubjects = async () => new Map()
    let wishes: (tx: postgres.Sql) => Promise<readonly string[]> = async () => []

    app.decorate('events', {
      add: (told) => {
        for (const [name, type] of Object.entries(told.types)) types.set(name, type)
        for (const [name, made] of Object.entries(told.records ?? {})) records.set(name, made)
      },
      name: (names) => void (nameSubjects = names),
      addWishes: (some) => void (wishes = some),
      types,
      sql,
    })

    function draftsOf(logged: readonly LogRecord[], size: number): EventDraft[] {
      return logged.flatMap((record) => {
        const { subject, seq, timestamp } = record
        const made = records.get(record.event)?.(record) ?? NONE
        return made.map(({ type, data }) => {
          const log = { index: seq, size }
          return { type, subject, timestamp: new Date(timestamp), data, log }
        })
      })
    }

    app.audit.addFollower(async (tx, logged, size) => {
      let drafts = draftsOf(logged, size)
      const isOptional = ({ type }: EventDraft) => types.get(type)?.isOptIn === true
      if (drafts.some(isOptional)) {
        const wished = new Set(await wishes(tx))
        drafts = drafts.filter((draft) => !isOptional(draft) || wished.has(draft.type))
      }
      if (drafts.length > 0) await numberEvents(tx, drafts, nameSubjects)
    })
    app.erasures.addSteps(eventSteps)
    app.personal.addExports(...eventExports)
    app.jobs.add({
      name: 'forget_old_events',
      cron: '17 * * * *',
      isSingle: true,
      run: () => forgetOldEvents(app.db),
    })

    let timer: NodeJS.Timeout | undefined
    let round: Promise<void> = Promise.resolve()
    let isClosing = false

    async function run(): Promise<void> {
      let pause = INTERVAL_MS
      try {
        if (await drainOutbox(sql, nameSubjects)) pause = 0
      } catch (error) {
        if (isClosing) return
        app.log.warn({ err: error }, 'Could not number the events in the outbox')
        pause = RETRY_MS
      }
      if (!isClosing) timer = setTimeout(next, pause).unref()
    }

    function next(): void {
      round = run()
    }

    app.addHook('onReady', async () => next())
    app.addHook('onClose', async () => {
      isClosing = true
      clearTimeout(timer)
      await round
      await sql.end({ timeout: CLOSE_TIMEOUT_S })
    })
  },
  { name: 'events', dependencies: ['audit', 'database', 'jobs', 'metrics', 'privacy'] },
)

const NONE: readonly never[] = []
