import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { readGuide } from '../../src/http/docs/guides.ts'
import { createCustomer } from '../support/customers.ts'
import { fetchJwks, issue } from '../support/licenses.ts'
import { INTERNAL_TOKEN, startService } from '../support/service.ts'

const run = promisify(execFile)
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const deno = process.env['DENO'] ?? 'deno'

/** The service's own compiler, and the version 5 that many programs still have. */
const COMPILERS = ['node_modules', 'test/support/client-types/node_modules'].map((folder) =>
  resolve(folder, 'typescript/bin/tsc'),
)

/** A program: `client` and `verifier` are the package's modules. It prints what it has seen. */
const PROGRAM = `
const [url, token, license, keys] = process.argv.slice(2)
const billing = client.internalClient({ url, token })
const user_id = 'alone-' + Math.random()
async function main() {
  await billing.openAccount({ user_id, tier: 'pro' })
  await billing.topUp({ user_id, amount: 1_000 })
  const { balance } = await billing.deduct({ user_id, amount: 400 })
  const error = await billing.deduct({ user_id, amount: 601 }).catch((thrown) => thrown)
  const verdict = verifier.verifyLicense(license, { jwks: keys, customerId: null })
  const isOurs = error instanceof client.StrongroomError
  const proofs = typeof audit.verifyProof
  console.log(JSON.stringify([balance, isOurs && error.code, verdict.valid, proofs]))
}
main()
`
const SEEN = [600, 'INSUFFICIENT_FUNDS', true, 'function']

const MODULES = { client: '', verifier: '/license-verifier', audit: '/audit-verifier' }
const lines = (one: (name: string, path: string) => string, base = 'strongroom-client') =>
  Object.entries(MODULES)
    .map(([name, path]) => one(name, `${base}${path}`))
    .join('\n')

test('the client alone, installed without the service and without a network', async (t) => {
  const project = mkdtempSync(join(tmpdir(), 'strongroom-alone-'))
  t.after(() => rmSync(project, { recursive: true }))
  const tarball = resolve(`clients/strongroom-client-${version}.tgz`)
  const write = (name: string, text: string) => writeFileSync(join(project, name), text)
  write('package.json', JSON.stringify({ private: true }))
  execFileSync('npm', ['install', '--offline', '--silent', tarball], { cwd: project })
  const installed = join(project, 'node_modules/strongroom-client')

  const service = await startService(t)
  const { customerId: customer_id } = await createCustomer(service)
  const { token: license } = await issue(service, { customer_id })
  const jwks = JSON.stringify(await fetchJwks(service))
  const args = [service.origin, INTERNAL_TOKEN, license as string, jwks]
  const seenBy = async (file: string, ...command: string[]) => {
    const { stdout } = await run(file, [...command, ...args], { cwd: project })
    return JSON.parse(stdout) as unknown
  }

  await t.test('it brings nothing else, and is small', () => {
    const names = readdirSync(join(project, 'node_modules')).filter((name) => name[0] !== '.')
    assert.deepEqual(names, ['strongroom-client'])
    assert.ok(readFileSync(tarball).length < 256 * 1_024, 'bytes packed')
  })

  await t.test('as an ES module', async () => {
    write('run.mjs', lines((name, path) => `import * as ${name} from '${path}'`) + PROGRAM)
    assert.deepEqual(await seenBy(process.execPath, 'run.mjs'), SEEN)
  })

  await t.test('as CommonJS', async () => {
    write('run.cjs', lines((name, path) => `const ${name} = require('${path}')`) + PROGRAM)
    assert.deepEqual(await seenBy(process.execPath, 'run.cjs'), SEEN)
  })

  await t.test('by Deno, from the files themselves', async (part) => {
    if (
      await run(deno, ['--version']).then(
        () => false,
        () => true,
      )
    ) {
      return part.skip('there is no Deno')
    }
    const paths = { client: 'index', verifier: 'license-verifier', audit: 'audit-verifier' }
    const imports = Object.entries(paths).map(
      ([name, file]) => `import * as ${name} from './esm/${file}.js'`,
    )
    const typed = `const shown: client.Answer<'deduct'>['balance'] | undefined = undefined\n`
    // Nothing of npm's is beside it.
    const folder = mkdtempSync(join(tmpdir(), 'strongroom-deno-'))
    t.after(() => rmSync(folder, { recursive: true }))
    cpSync(join(installed, 'esm'), join(folder, 'esm'), { recursive: true })
    const source = `import process from 'node:process'\n${imports.join('\n')}\n${typed}${PROGRAM}`
    writeFileSync(join(folder, 'run.ts'), source)
    await run(deno, ['check', 'run.ts'], { cwd: folder })
    const command = ['run', '--allow-all', '--no-lock', 'run.ts', ...args]
    const { stdout } = await run(deno, command, { cwd: folder })
    assert.deepEqual(JSON.parse(stdout), SEEN)
  })

  const billing = readFileSync('test/client/consumer/billing.ts', 'utf8')
  const consumer = billing.replaceAll('strongroom/client', 'strongroom-client')
  const [, example = ''] = /^```ts\n(.*?)^```$/ms.exec(readGuide('clients')) ?? []
  const guide = `declare const url: string, internalToken: string, adminToken: string\n${example}`
  const verifiers = `
    import { verifyLicense } from 'strongroom-client/license-verifier'
    import { readKey } from 'strongroom-client/audit-verifier'
    export const valid: boolean = verifyLicense('', { jwks: '{}', customerId: null }).valid
    export const key: ReturnType<typeof readKey> = readKey('')`
  const strict = JSON.parse(readFileSync('test/client/consumer/tsconfig.json', 'utf8')) as {
    compilerOptions: Record<string, unknown>
  }
  // CommonJS awaits nothing outside of functions, as the guide does.
  const files = (ends: string[]) =>
    ends.flatMap((end) => [
      [`billing.${end}`, consumer] as const,
      [`verifiers.${end}`, verifiers] as const,
      ...(end === 'cts' ? [] : [[`guide.${end}`, guide] as const]),
    ])
  const MODES: [string, string[], Record<string, unknown>, string[]][] = [
    ['ES modules and CommonJS of Node', ['mts', 'cts'], { module: 'node16' }, COMPILERS],
    ['a bundler', ['ts'], { module: 'esnext', moduleResolution: 'bundler' }, COMPILERS.slice(0, 1)],
  ]
  for (const [mode, ends, options, compilers] of MODES) {
    await t.test(`its types, for ${mode}`, async () => {
      const folder = join(project, ends.join('-'))
      mkdirSync(folder)
      for (const [name, text] of files(ends)) writeFileSync(join(folder, name), text)
      // In CommonJS it would want `import x = require()`.
      const own = { ...strict.compilerOptions, verbatimModuleSyntax: false, ...options }
      const config = { compilerOptions: own, include: ['.'] }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
      for (const compiler of compilers) {
        const compiled = run(process.execPath, [compiler, '--project', folder])
        const { stdout } = await compiled.catch((error: { stdout: string }) => error)
        assert.equal(stdout, '', compiler)
      }
    })
  }

  await t.test('in a browser: small, and without anything of Node’s', async () => {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents: `export * from 'strongroom-client'; export { verifyProof } from 'strongroom-client/audit-verifier'`,
        resolveDir: project,
      },
      bundle: true,
      minify: true,
      metafile: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'strongroom',
      write: false,
      logLevel: 'silent',
    })
    const inputs = Object.keys(metafile.inputs).filter((name) => name !== '<stdin>')
    assert.ok(
      inputs.every((name) => name.includes('strongroom-client/esm/')),
      inputs.join(),
    )
    const [file] = outputFiles
    assert.ok(file !== undefined && file.contents.length < 49_152, `${file?.contents.length}`)
    const { fetch, Request, Response, Headers, FormData, URL, URLSearchParams } = globalThis
    const { AbortController, AbortSignal, crypto, setTimeout, clearTimeout } = globalThis
    const web = { fetch, Request, Response, Headers, FormData, URL, URLSearchParams, TextEncoder }
    const page = {
      ...web,
      AbortController,
      AbortSignal,
      crypto,
      setTimeout,
      clearTimeout,
      TextDecoder,
    }
    const script = `${file.text}; strongroom.publicClient({ url }).getHealth()`
    const health: unknown = await runInNewContext(script, { ...page, url: service.origin })
    assert.equal((health as { status: string }).status, 'ok')
  })

  await t.test('no file of it imports more than its own', () => {
    for (const name of readdirSync(join(installed, 'esm'), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(js|d\.ts)$/.test(name)) continue
      const text = readFileSync(join(installed, 'esm', name), 'utf8')
      const imported = [...text.matchAll(/^(?:import|export)\b[^'"]*?from ['"]([^'"]+)/gm)]
      const foreign = imported.map(([, from = '']) => from).filter((from) => from[0] !== '.')
      assert.deepEqual(foreign, name === 'license-verifier.js' ? ['node:crypto'] : [], name)
    }
  })
})
