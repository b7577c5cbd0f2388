import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

export interface Fault {
  name: string
  /** Ends with the process that it strikes, whose memory is then no measure any more. */
  kills?: true
  /** Resolves when the fault is over, which is before the next one. */
  strike(stage: Stage): Promise<void>
}

/** How long a fault that lasts, lasts. */
const LASTS_MS = 6_000

export const FAULTS: readonly Fault[] = [
  { name: 'SIGKILL of the server', kills: true, strike: ({ server }) => server.kill() },
  { name: 'SIGKILL of the worker', kills: true, strike: ({ worker }) => worker.kill() },
  {
    name: 'all database connections cut',
    strike: (stage) =>
      withDatabase(stage, async (sql) => {
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'strongroom%' and pid <> pg_backend_pid()`
      }),
  },
  {
    name: 'a locked account',
    strike: (stage) =>
      withDatabase(stage, (sql) =>
        sql.begin(async (tx) => {
          await tx`select from accounts where user_id = 'user-0' for update`
          await delay(LASTS_MS)
        }),
      ),
  },
  {
    name: 'an endpoint that hangs',
    strike: async ({ receiver }) => {
      receiver.answer(() => undefined)
      await delay(LASTS_MS)
      receiver.answer((_message, response) => void response.writeHead(204).end())
    },
  },
  {
    name: 'an endpoint that fails',
    strike: async ({ receiver }) => {
      receiver.answer((_message, response) => void response.writeHead(500).end())
      await delay(LASTS_MS / 2)
      receiver.answer((_message, response) => void response.writeHead(204).end())
    },
  },
  {
    name: 'Stripe hangs',
    strike: async ({ stripe }) => {
      stripe.faults.hang({ times: 1_000 })
      await delay(LASTS_MS)
      stripe.faults.clear()
    },
  },
  {
    name: 'Stripe fails',
    strike: async ({ stripe }) => {
      stripe.faults.fail({ status: 503, times: 1_000 })
      await delay(LASTS_MS)
      stripe.faults.clear()
    },
  },
  {
    name: 'no Redis',
    strike: async ({ redis }) => redis?.restartAfter(LASTS_MS),
  },
  {
    name: 'a server that stands still',
    strike: async ({ server }) => {
      const pid = server.pid()
      process.kill(pid, 'SIGSTOP')
      await delay(LASTS_MS / 3)
      process.kill(pid, 'SIGCONT')
    },
  },
  {
    name: 'two hundred callers who vanish in mid-request',
    strike: async ({ origin }) => {
      const { port } = new URL(origin)
      const head = 'POST /deduct HTTP/1.1\r\nhost: soak\r\ncontent-length: 100\r\n'
      const sockets = Array.from({ length: 200 }, () => {
        const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
        socket.write(head)
        return socket
      })
      await delay(LASTS_MS / 2)
      sockets.forEach((socket) => socket.resetAndDestroy())
    },
  },
]

/** The faults in turns, each turn in another order; without kills once the memory is watched. */
export function faultsInTurns(random: Random, hasRedis: boolean) {
  let left: Fault[] = []
  return (mayKill: boolean): Fault => {
    for (;;) {
      const next = left.shift()
      if (next === undefined) left = random.shuffled(FAULTS)
      else if ((mayKill || next.kills !== true) && (hasRedis || next.name !== 'no Redis')) {
        return next
      }
    }
  }
}

async function withDatabase(
  { adminUrl }: Stage,
  work: (sql: postgres.Sql) => Promise<unknown>,
): Promise<void> {
  const sql = postgres(adminUrl, {
    ...socketHost(adminUrl),
    max: 1,
    connection: { application_name: 'soak' },
  })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
