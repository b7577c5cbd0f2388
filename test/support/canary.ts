import assert from 'node:assert/strict'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { createDatabase } from './database.ts'
import { startReceiver } from './receiver.ts'
import { newDataDir, startServiceProcess } from './service-process.ts'
import { query } from './tables.ts'

/** With characters that look another way in base64 and in a URL. */
export function canary(name: string): string {
  return `${name}+/=&%-${randomBytes(18).toString('base64')}`
}

/** How a secret may look in a text: as it is, in a URL, in JSON, and in base64 wherever it begins. */
function looksOf(secret: string): string[] {
  const looks = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret)]
  for (let shift = 0; shift < 3; shift++) {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
    // The characters at the ends depend on what stands beside.
    const inner = bytes.subarray(shift === 0 ? 0 : 3, bytes.length - (bytes.length % 3))
    looks.push(inner.toString('base64'), inner.toString('base64url'))
  }
  looks.push(Buffer.from(secret).toString('hex'))
  return looks.map((look) => look.replace(/^"|"$/g, ''))
}

/** Bytes that somebody may write as a text. */
export function textsOf(bytes: Buffer): string[] {
  return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]
}

/** What of a key in a file nobody may see: a line of the file, and its private number. */
export function privateTexts(path: string): string[] {
  const pem = readFileSync(path, 'utf8')
  const lines = pem.trim().split('\n').slice(1, -1)
  // Lines at the begin of a long key say only of which kind it is.
  const line = lines[Math.floor(lines.length / 2)] ?? ''
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  assert.ok(line.length >= 40 && d.length >= 40)
  return [line, ...textsOf(Buffer.from(d, 'base64url'))]
}

export interface Place {
  name: string
  text: string
}

/** @param secrets by their names; a secret may have several texts */
export function assertAbsent(
  places: readonly Place[],
  secrets: Readonly<Record<string, string | readonly string[]>>,
): void {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const text of [secret].flat()) {
      assert.ok(text.length >= 16, `${name} is too short to be found`)
      for (const look of looksOf(text)) {
        for (const place of places) {
          assert.ok(!place.text.includes(look), `${name} is in ${place.name}`)
        }
      }
    }
  }
}

interface Seen extends Place {
  /** The one answer that shows a new secret is the one that made it. */
  shows: string[]
}

export type Watched = Awaited<ReturnType<typeof startWatched>>

/**
 * A service of which everything is kept that anybody who has no secret may see: answers, the log, the
 * rows of every table, and the messages to `receiver`.
 */
export async function startWatched(t: TestContext, env: Record<string, string | undefined>) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const receiver = await startReceiver(t)
  const service = await startServiceProcess(t, newDataDir(t), {
    LOG_LEVEL: 'trace',
    DATABASE_URL: database.url,
    MIGRATION_DATABASE_URL: database.ownerUrl,
    ...env,
  })
  const answers: Seen[] = []

  async function call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ) {
    const init = body === undefined ? {} : { body }
    const response = await fetch(service.origin + path, { method, headers, ...init })
    const text = await response.text()
    const shown = `${JSON.stringify([...response.headers])}\n${text}`
    const seen: Seen = { name: `the answer to ${method} ${path}`, text: shown, shows: [] }
    answers.push(seen)
    return {
      status: response.status,
      text,
      cookie: /=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1] ?? '',
      /** Says that this answer has made the secret, and so may show it. */
      shows: (secret: string) => {
        assert.ok(shown.includes(secret) && secret !== '', `${seen.name} has made a secret`)
        seen.shows.push(secret)
        return secret
      },
    }
  }

  /** Ends the service. @returns all places, but for what may stand there */
  async function everywhere(): Promise<Place[]> {
    service.child.kill('SIGTERM')
    await service.ended
    const messages = receiver.received.map(({ headers, body }) => ({
      name: 'a message to an endpoint',
      text: `${JSON.stringify(headers)}\n${body}`,
    }))
    const told = answers.map(({ name, text, shows }) => ({
      name,
      text: shows.reduce((rest, secret) => rest.replaceAll(secret, ''), text),
    }))
    return [...told, ...messages, { name: 'the log', text: service.output() }, ...(await rows())]
  }

  async function rows(): Promise<Place[]> {
    const tables = await query<{ name: string }[]>(
      database,
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    )
    return Promise.all(
      tables.map(async ({ name }) => {
        const all = await query<{ text: string }[]>(
          database,
          `select row_to_json(t)::text as text from ${name} t`,
        )
        return { name, text: all.map(({ text }) => text).join('\n') }
      }),
    )
  }
  return { database, origin: service.origin, receiver, call, everywhere }
}
