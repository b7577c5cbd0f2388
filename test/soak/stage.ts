import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { freePort } from '../drills/ports.ts'
import type { Ends } from '../drills/report.ts'
import { databaseUrl } from '../support/database.ts'
import { type Running, run } from '../support/processes.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import {
  ADMIN_TOKEN,
  API_KEY_PEPPER,
  INTERNAL_TOKEN,
  WEBHOOK_SECRET,
  WIDE_LIMITS,
} from '../support/service.ts'
import { type StripeStandIn, startStripe } from '../support/stripe/index.ts'

const STRIPE_KEY = 'sk_test_of_the_soak_0123456789abcdefghij'
const SHOP = 'https://shop.example.com'
export const RETURN_URLS = { success_url: `${SHOP}/thanks`, cancel_url: `${SHOP}/pricing` }

/** As `npm start` runs it. */
const FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=100']

export type ProgramName = 'server' | 'worker'

/** A program of the service, which is started again when it is killed. */
export interface Program {
  name: ProgramName
  pid: () => number
  /** SIGKILL, and a start as soon as it is gone. Resolves when the new one is ready. */
  kill: () => Promise<void>
}

export interface Stage {
  origin: string
  server: Program
  worker: Program
  stripe: StripeStandIn
  receiver: Receiver
  /** Null where no redis-server is installed. */
  redis: { restartAfter(ms: number): Promise<void> } | null
  env: Record<string, string | undefined>
  /** What programs said that ended by themselves. */
  ends: readonly string[]
  /** As the service's role, and as the superuser, in the service's database. */
  databaseUrl: string
  adminUrl: string
}

/** One server without jobs and one worker, on one PostgreSQL that is as durable as in production. */
export async function openStage(ends: Ends): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-soak-'))
  ends.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  const postgres = await startEmbeddedPostgres({
    dataDir: join(home, 'database'),
    settings: { max_connections: '150' },
  })
  ends.after(() => postgres.stop())
  const stripe = await startStripe({ secretKey: STRIPE_KEY, webhookSecret: WEBHOOK_SECRET })
  ends.after(() => stripe.close())
  const receiver = await startReceiver(ends)
  const redis = await startRedis(ends)
  const port = await freePort()
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    DATA_DIR: join(home, 'data'),
    DATABASE_URL: postgres.url,
    MIGRATION_DATABASE_URL: postgres.migrationUrl,
    PORT: String(port),
    LOG_LEVEL: 'fatal',
    MALLOC_ARENA_MAX: '1',
    RUN_JOBS: 'false',
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    API_KEY_PEPPER,
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.origin,
    CHECKOUT_ORIGINS: SHOP,
    ...(redis !== null && { REDIS_URL: redis.url }),
    ...WIDE_LIMITS,
  }
  const origin = `http://127.0.0.1:${port}`
  const isReady = async () => (await fetch(`${origin}/health/ready`)).status === 200
  const said: string[] = []
  const server = await startProgram(ends, 'server', home, env, isReady, said)
  const worker = await startProgram(ends, 'worker', home, env, null, said)
  return {
    origin,
    server,
    worker,
    stripe,
    receiver,
    redis,
    env,
    ends: said,
    databaseUrl: postgres.url,
    adminUrl: databaseUrl(postgres.adminUrl, 'strongroom'),
  }
}

async function startProgram(
  ends: Ends,
  name: ProgramName,
  cwd: string,
  env: Record<string, string | undefined>,
  isReady: (() => Promise<boolean>) | null,
  said: string[],
): Promise<Program> {
  const path = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url))
  let running: Running | undefined
  let isOver = false

  async function start(): Promise<void> {
    const one = run(process.execPath, [...FLAGS, path], { cwd, env })
    running = one
    void startAgain(one)
    // The worker says nothing at this level; a moment later it has its jobs or has ended.
    if (isReady === null) return
    for (let tries = 0; tries < 600; tries++) {
      if (await isReady().catch(() => false)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`The ${name} does not answer:\n${one.output()}`)
  }

  /** As a supervisor would. */
  async function startAgain(one: Running): Promise<void> {
    const code = await one.ended
    if (isOver || running !== one || code === 'SIGKILL') return
    said.push(`The ${name} ended by itself with ${code}: ${one.output().slice(-1_000)}`)
    await start()
  }

  ends.after(async () => {
    isOver = true
    running?.child.kill('SIGTERM')
    await running?.ended
  })
  await start()
  return {
    name,
    pid: () => running?.pid ?? 0,
    kill: async () => {
      running?.child.kill('SIGKILL')
      await running?.ended
      await start()
    },
  }
}

async function startRedis(ends: Ends) {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '']
  const start = async () => {
    const one = run('redis-server', settings)
    await one.says('Ready to accept connections')
    return one
  }
  let running = await start()
  const end = async () => {
    running.child.kill('SIGKILL')
    await running.ended
  }
  ends.after(end)
  return {
    url: `redis://127.0.0.1:${port}`,
    restartAfter: async (ms: number) => {
      await end()
      await new Promise((resolve) => setTimeout(resolve, ms))
      running = await start()
    },
  }
}
