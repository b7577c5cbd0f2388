import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Running, run } from '../support/processes.ts'
import { startStripe } from '../support/stripe/index.ts'

const STRIPE = {
  secretKey: 'sk_test_of_the_demo_0123456789abcdefghij',
  webhookSecret: 'whsec_of_the_demo_0123456789abcdefghijkl',
}
const SHOP = 'https://shop.example.com'

export const RETURN_URLS = { success_url: `${SHOP}/thanks`, cancel_url: `${SHOP}/pricing` }

export interface Reply {
  status: number
  replayed: boolean
  // The story reads answers of every kind of call; the service's own schemas say what is in them.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>

export type Stage = Awaited<ReturnType<typeof openStage>>

/**
 * A fresh service on a folder of its own, as `npm start` runs it, and a stand-in for Stripe.
 * @param aborted gives it up, and then nothing is left
 */
export async function openStage(aborted: AbortSignal) {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-demo-'))
  const stripe = await startStripe(STRIPE)
  const env = {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'warn',
    CHECKOUT_ORIGINS: SHOP,
    STRIPE_SECRET_KEY: STRIPE.secretKey,
    STRIPE_WEBHOOK_SECRET: STRIPE.webhookSecret,
    STRIPE_API_BASE: stripe.origin,
  }
  const service = run(process.execPath, [program('server.js')], { cwd: folder, env })

  async function close(): Promise<void> {
    service.child.kill('SIGTERM')
    await service.ended
    await stripe.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  try {
    aborted.addEventListener('abort', () => service.child.kill('SIGTERM'))
    if (aborted.aborted) service.child.kill('SIGTERM')
    const origin = await originOf(service)
    const token = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8').trim()
    const admin = { authorization: `Bearer ${token('ADMIN_API_TOKEN')}` }
    const internal = { 'x-internal-token': token('INTERNAL_SERVICE_TOKEN') }
    return {
      origin,
      folder,
      stripe,
      asAnyone: caller(origin, {}),
      asAdmin: caller(origin, admin),
      asInternal: caller(origin, internal),
      asCustomer: (apiKey: string) => caller(origin, { 'x-api-key': apiKey }),
      /** Stripe's events so far, shuffled and each twice, as a bad day would have it. */
      deliverEvents: () =>
        stripe.deliver({ to: `${origin}/api/webhooks/stripe`, order: 'shuffled', copies: 2 }),
      /** `strongroom <command>` on the same database. */
      command: (...args: string[]) => command(args, folder, env),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function program(name: string): string {
  return fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))
}

async function originOf(service: Running): Promise<string> {
  await service.says(/listens on \S+\n/)
  return /listens on (\S+)/.exec(service.output())?.[1] ?? ''
}

function caller(origin: string, credential: Record<string, string>): Call {
  return async (method, path, body, headers) => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...credential,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      replayed: response.headers.get('idempotent-replayed') === 'true',
      body: text === '' ? null : JSON.parse(text),
    }
  }
}

/** @throws Error with what the command said, if it fails */
async function command(
  args: string[],
  cwd: string,
  env: Record<string, string | undefined>,
): Promise<string> {
  const child = spawn(process.execPath, [program('cli.js'), ...args], { cwd, env })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`strongroom ${args.join(' ')} ended with ${code}:\n${output}`)
  return output.trim()
}
