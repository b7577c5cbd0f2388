import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { Agent, type RequestOptions, request as httpsRequest } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually, run } from './processes.ts'
import type { Service } from './service.ts'

const FILES = fileURLToPath(new URL('../../deploy/nginx', import.meta.url))
const START_MS_MAX = 5_000
export const SERVER_NAME = 'billing.example.com'

export interface Call extends Pick<RequestOptions, 'localAddress' | 'minVersion' | 'maxVersion'> {
  method?: string
  /** As sent on the wire: nothing is normalised. */
  path: string
  headers?: Record<string, string>
  body?: string
  /** The name for TLS, which the certificate must contain. */
  servername?: string
  ciphers?: string
}

export interface ProxyAnswer {
  status: number
  headers: Headers
  /** Names in lower case; repeated headers appear repeatedly. */
  headerNames: string[]
  body: string
}

export interface Nginx {
  ports: { http: number; https: number; internal: number }
  /** The authority of its certificate. */
  ca: Buffer
  /** Calls from the outside world. */
  call: (call: Call) => Promise<ProxyAnswer>
  /** Calls from the internal network. */
  callInternally: (call: Call) => Promise<ProxyAnswer>
  callInPlainText: (call: Call) => Promise<ProxyAnswer>
  /** The content of its request log. */
  log(): string
}

/** The settings of a service that is asked through nginx. */
export const BEHIND_NGINX = {
  TRUST_PROXY: '127.0.0.1',
  RATE_LIMIT_API: 'off',
  RATE_LIMIT_ADMIN: 'off',
}

export function portOf(service: Pick<Service, 'origin'>): number {
  return Number(new URL(service.origin).port)
}

export function parsed(answer: ProxyAnswer) {
  return { ...answer, body: JSON.parse(answer.body) as { code: string; request_id: string } }
}

/**
 * Debian's nginx with the files of `deploy/nginx`, in which only ports, paths and upstreams are
 * replaced.
 * @param services ports on 127.0.0.1
 */
export async function startNginx(
  t: Pick<TestContext, 'after'>,
  services: readonly number[],
  /** Further directives for the http context. */
  extra = '',
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-nginx-'))
  const [http, https, internal] = [await freePort(), await freePort(), await freePort()]
  makeCertificate(join(folder, 'tls'))
  writeConfiguration(folder, services, { http, https, internal }, extra)

  const options = ['-p', folder, '-c', join(folder, 'nginx.conf')]
  const check = spawnSync('nginx', ['-t', ...options], { encoding: 'utf8' })
  assert.equal(check.status, 0, check.stderr)
  const server = run('nginx', options, { cwd: folder })
  t.after(async () => {
    server.child.kill('SIGTERM')
    await server.ended
    rmSync(folder, { recursive: true })
  })

  const ca = readFileSync(join(folder, 'tls', 'fullchain.pem'))
  const agent = new Agent({ keepAlive: false, ca })
  const over = (port: number) => (call: Call) => send(httpsRequest, { ...call, port, agent })
  const nginx: Nginx = {
    ports: { http, https, internal },
    ca,
    call: over(https),
    callInternally: over(internal),
    callInPlainText: (call) => send(httpRequest, { ...call, port: http }),
    log: () => readFileSync(join(folder, 'log', 'strongroom.log'), 'utf8'),
  }
  const answers = () => nginx.callInPlainText({ path: '/' }).then(Boolean, () => false)
  assert.ok(await eventually(answers, START_MS_MAX), server.output())
  return nginx
}

function writeConfiguration(
  folder: string,
  services: readonly number[],
  ports: Nginx['ports'],
  extra: string,
): void {
  mkdirSync(join(folder, 'strongroom'))
  for (const each of ['log', 'temp']) mkdirSync(join(folder, each))
  const changes: [RegExp, string][] = [
    [/^ *listen \[::\].*\n/gm, ''],
    [/listen 80 /g, `listen 127.0.0.1:${ports.http} `],
    [/listen 443 /g, `listen 127.0.0.1:${ports.https} `],
    [/listen 8443 /g, `listen 127.0.0.1:${ports.internal} `],
    [/\/etc\/nginx\/tls/g, join(folder, 'tls')],
    [/\/var\/log\/nginx/g, join(folder, 'log')],
    [
      /server 127\.0\.0\.1:3100 (.*)/,
      services.map((port) => `server 127.0.0.1:${port} $1`).join('\n'),
    ],
  ]
  for (const name of readdirSync(FILES)) {
    const text = readFileSync(join(FILES, name), 'utf8')
    const isIncluded = name !== 'strongroom.conf' && name !== 'upstream.conf'
    writeFileSync(
      join(folder, isIncluded ? 'strongroom' : '', name),
      changes.reduce((result, [from, to]) => result.replace(from, to), text),
    )
  }
  writeFileSync(
    join(folder, 'nginx.conf'),
    // If root starts nginx, its workers change user, and the folder is closed to other users.
    `${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 2; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      client_body_temp_path ${folder}/temp/body; proxy_temp_path ${folder}/temp/proxy;
      fastcgi_temp_path ${folder}/temp/f; uwsgi_temp_path ${folder}/temp/u; scgi_temp_path ${folder}/temp/s;
      include upstream.conf;
      include strongroom.conf;
      ${extra}
    }`,
  )
}

function makeCertificate(folder: string): void {
  mkdirSync(folder)
  const made = spawnSync('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'.split(' '),
    '-subj',
    `/CN=${SERVER_NAME}`,
    '-addext',
    `subjectAltName=DNS:${SERVER_NAME}`,
    '-keyout',
    join(folder, 'key.pem'),
    '-out',
    join(folder, 'fullchain.pem'),
  ])
  assert.equal(made.status, 0, String(made.stderr))
}

function send(
  request: typeof httpsRequest,
  { headers, body, servername = SERVER_NAME, ...call }: Call & { port: number; agent?: Agent },
): Promise<ProxyAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        servername,
        ...call,
        headers: {
          host: SERVER_NAME,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          resolve({
            status: answer.statusCode ?? 0,
            headers: new Headers(
              Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
            ),
            headerNames: answer.rawHeaders
              .filter((_, index) => index % 2 === 0)
              .map((name) => name.toLowerCase()),
            body: Buffer.concat(chunks).toString(),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
