import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { readGuide } from '../../src/http/docs/guides.ts'
import { startService } from '../support/service.ts'

const run = promisify(execFile)

/** The service's own compiler, and the version 5 that many programs still have. */
const COMPILERS = ['node_modules', 'test/support/client-types/node_modules'].map((folder) =>
  resolve(folder, 'typescript/bin/tsc'),
)

/** What the guide shows, with what its readers have. */
function guideExample(): string {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readGuide('clients')) ?? []
  assert.ok(code !== undefined)
  // The service's own package has the client too.
  const own = code.replaceAll('strongroom-client', 'strongroom/client')
  return `declare const url: string, internalToken: string, adminToken: string\n${own}`
}

test('the package, as others build with it', async (t) => {
  // A project elsewhere, which has of ours only what is packed.
  const project = mkdtempSync(join(tmpdir(), 'strongroom-consumer-'))
  t.after(() => rmSync(project, { recursive: true }))
  cpSync('test/client/consumer', project, { recursive: true })
  const installed = join(project, 'node_modules/strongroom')
  mkdirSync(installed, { recursive: true })
  const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project])
  await run('tar', [
    '-xzf',
    join(project, packed.stdout.trim()),
    '--strip-components=1',
    '-C',
    installed,
  ])
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers']) {
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(project, 'guide.ts'), guideExample())

  const faultsOf = async (compiler: string): Promise<string> => {
    const compiled = run(process.execPath, [compiler, '--project', project])
    const { stdout } = await compiled.catch((error: { stdout: string }) => error)
    return stdout
  }

  await t.test('its types accept right calls, the guide’s too, and no wrong ones', async () => {
    for (const compiler of COMPILERS) assert.equal(await faultsOf(compiler), '', compiler)
  })

  await t.test('and each wrong call is one because of its types', async () => {
    const path = join(project, 'billing.ts')
    const source = readFileSync(path, 'utf8')
    const wrong = source.match(/@ts-expect-error/g) ?? []
    assert.ok(wrong.length > 10)
    writeFileSync(path, source.replaceAll('// @ts-expect-error', '//'))
    const [compiler = ''] = COMPILERS
    const faults = (await faultsOf(compiler)).match(/error TS\d+/g) ?? []
    assert.equal(faults.length, wrong.length)
    writeFileSync(path, source)
  })

  await t.test('in a browser: one small file that calls the service', async () => {
    const { outputFiles } = await build({
      stdin: { contents: `export * from 'strongroom/client'`, resolveDir: project },
      bundle: true,
      minify: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'strongroom',
      write: false,
      logLevel: 'silent',
    })
    const [file] = outputFiles
    assert.ok(file !== undefined && file.contents.length < 32_768)
    const { origin: url } = await startService(t)
    // What every browser has, and nothing of Node's.
    const { fetch, Request, Response, Headers, FormData, URL, URLSearchParams } = globalThis
    const { AbortController, AbortSignal, TextDecoder, crypto } = globalThis
    const { setTimeout, clearTimeout } = globalThis
    const web = { fetch, Request, Response, Headers, FormData, URL, URLSearchParams }
    const own = { AbortController, AbortSignal, TextDecoder, crypto, setTimeout, clearTimeout }
    const page = { ...web, ...own, url }
    const script = `${file.text}; strongroom.publicClient({ url }).getHealth()`
    const health: unknown = await runInNewContext(script, page)
    assert.equal((health as { status: string }).status, 'ok')
  })
})
