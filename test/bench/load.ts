import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AutocannonJob } from './autocannon.ts'
import type { Seen } from './report.ts'

const run = promisify(execFile)

const CONNECTIONS = 64

/** Of charges in a batch, and how many batches are under way. */
export const BATCH = 100
const BATCH_CONNECTIONS = 8

export interface LoadOptions {
  origin: string
  token: string
  durationS: number
  /** How many calls are under way; 64 by default. */
  connections?: number
  users: number
  /** What their ids begin with, before a number. */
  prefix: string
  /** One for each customer that reports usage. */
  apiKeys: readonly string[]
  webhookSecret: string
}

export interface Load {
  name: 'wrk' | 'autocannon'
  /** Requests answered; fails if any answer was not 2xx. */
  deducts(path: string, options: LoadOptions): Promise<Seen>
  checks(path: string, options: LoadOptions): Promise<Seen>
  /** Charges in batches: of these the rate, of the batches the times. */
  batches(path: string, options: LoadOptions): Promise<Seen>
  reads(path: string, options: LoadOptions): Promise<Seen>
  reports(path: string, options: LoadOptions): Promise<Seen>
  /** Signed events of Stripe, each another. */
  webhooks(path: string, options: LoadOptions): Promise<Seen>
  /** Full tiles of the log's first level, of which there are so many users. */
  tiles(path: string, options: LoadOptions): Promise<Seen>
  /** With an API key, whether it is asked for or not. */
  asks(path: string, options: LoadOptions): Promise<Seen>
}

export function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    // wrk prints its version and exits with 1.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

/** From another process either way: wrk takes a fraction of the processor that autocannon does. */
export function chooseLoad(): Load {
  return isInstalled('wrk') ? wrk : autocannon
}

const wrk: Load = {
  name: 'wrk',
  deducts: (path, options) =>
    runWrk(
      options,
      `local n = 0
      function request()
        n = n + 1
        local user = math.random(1, ${options.users})
        return wrk.format('POST', '${path}', {
          ['content-type'] = 'application/json',
          ['x-internal-token'] = '${options.token}',
          ['idempotency-key'] = seed .. n,
        }, '{"user_id":"${options.prefix}' .. user .. '","amount":1}')
      end`,
    ),
  batches: async (path, options) => {
    const script = `local n = 0
      function request()
        local items = {}
        for i = 1, ${BATCH} do
          n = n + 1
          items[i] = '{"op":"deduct","user_id":"user-' .. math.random(1, ${options.users}) ..
            '","amount":1,"idempotency_key":"' .. seed .. n .. '"}'
        end
        return wrk.format('POST', '${path}', {
          ['content-type'] = 'application/json',
          ['x-internal-token'] = '${options.token}',
        }, '{"transfers":[' .. table.concat(items, ',') .. ']}')
      end`
    return ofCharges(await runWrk(options, script, BATCH_CONNECTIONS))
  },
  reads: (path, options) =>
    runWrk(
      options,
      `function request()
        return wrk.format('GET', '${path}/user-' .. math.random(1, ${options.users}), {
          ['x-internal-token'] = '${options.token}',
        })
      end`,
    ),
  checks: (path, options) =>
    runWrk(
      options,
      `function request()
        return wrk.format('POST', '${path}', {
          ['content-type'] = 'application/json',
          ['x-internal-token'] = '${options.token}',
        }, '{"user_id":"${options.prefix}' .. math.random(1, ${options.users}) .. '","amount":1}')
      end`,
    ),
  tiles: (path, options) =>
    runWrk(
      options,
      `function request()
        local index = math.random(0, ${options.users - 1})
        return wrk.format('GET', '${path}/0/' .. string.format('%03d', index))
      end`,
    ),
  // wrk can not sign.
  webhooks: (path, options) => runAutocannon('webhooks', path, options),
  asks: (path, options) =>
    runWrk(
      options,
      `local keys = { ${options.apiKeys.map((key) => `'${key}'`).join(', ')} }
      function request()
        return wrk.format('GET', '${path}', { ['x-api-key'] = keys[math.random(1, #keys)] })
      end`,
    ),
  reports: (path, options) =>
    runWrk(
      options,
      `local n = 0
      local keys = { ${options.apiKeys.map((key) => `'${key}'`).join(', ')} }
      function request()
        n = n + 1
        return wrk.format('POST', '${path}', {
          ['content-type'] = 'application/json',
          ['x-api-key'] = keys[math.random(1, #keys)],
        }, '{"metrics":{"api.calls":' .. n .. ',"storage.gb":3.5},"report_id":"' .. seed .. n .. '"}')
      end`,
    ),
}

async function runWrk(
  options: LoadOptions,
  script: string,
  connections = options.connections ?? CONNECTIONS,
): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
  const file = join(folder, 'load.lua')
  const seed = `local seed = '${process.hrtime.bigint()}-'\nmath.randomseed(os.time())\n`
  writeFileSync(file, seed + script)
  try {
    const duration = `${options.durationS}s`
    const flags = ['-t1', `-c${connections}`, '-d', duration, '--latency', '-s', file]
    const { stdout } = await run('wrk', [...flags, options.origin])
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`Not all calls succeeded:\n${stdout}`)
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
    return { perSecond, p50Ms: wrkMs(stdout, 50), p99Ms: wrkMs(stdout, 99) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function wrkMs(stdout: string, percent: number): number {
  const [, value, unit = ''] =
    new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)$`, 'm').exec(stdout) ?? []
  return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? NaN)
}

function ofCharges(seen: Seen): Seen {
  return { ...seen, perSecond: BATCH * seen.perSecond }
}

const autocannon: Load = {
  name: 'autocannon',
  deducts: (path, options) => runAutocannon('deducts', path, options),
  checks: (path, options) => runAutocannon('checks', path, options),
  batches: async (path, options) =>
    ofCharges(await runAutocannon('batches', path, options, BATCH_CONNECTIONS)),
  reads: (path, options) => runAutocannon('reads', path, options),
  tiles: (path, options) => runAutocannon('tiles', path, options),
  asks: (path, options) => runAutocannon('asks', path, options),
  webhooks: (path, options) => runAutocannon('webhooks', path, options),
  reports: (path, options) => runAutocannon('reports', path, options),
}

async function runAutocannon(
  kind: AutocannonJob['kind'],
  path: string,
  options: LoadOptions,
  connections = options.connections ?? CONNECTIONS,
): Promise<Seen> {
  const job: AutocannonJob = { ...options, kind, path, connections, batch: BATCH }
  const { stdout } = await run('npx', ['tsx', 'test/bench/autocannon.ts', JSON.stringify(job)])
  return JSON.parse(stdout) as Seen
}
