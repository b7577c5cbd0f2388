// Builds the client's package from dist/ in dist/client-package, and packs it into clients/. It has
// no dependencies, because it includes openapi-fetch. Each module is there as an ES module and as
// CommonJS, with its types beside it. A package.json in each folder states the kind of its modules.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const out = join(root, 'dist/client-package')

/** The module of each entry in `exports`, and the platform that it is built for. */
const ENTRIES = {
  '.': ['index', 'browser'],
  './audit-verifier': ['audit-verifier', 'browser'],
  './license-verifier': ['license-verifier', 'node'],
}

/** Packages whose files become part of this one. */
const VENDORED = ['openapi-fetch', 'openapi-typescript-helpers']

rmSync(out, { recursive: true, force: true })
execFileSync('tsc', ['--project', join(here, 'tsconfig.verifiers.json')], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
})
for (const module of modules()) write(module)
for (const [name, platform] of Object.values(ENTRIES)) {
  await build({
    entryPoints: [join(out, 'esm', `${name}.js`)],
    outfile: join(out, 'cjs', `${name}.js`),
    bundle: true,
    format: 'cjs',
    platform,
    target: 'es2022',
    logLevel: 'warning',
  })
}
writeManifests()
writeTexts()
const clients = join(root, 'clients')
mkdirSync(clients, { recursive: true })
const pack = ['pack', '--silent', '--pack-destination', clients]
const file = execFileSync('npm', pack, { cwd: out, encoding: 'utf8' }).trim()
process.stdout.write(`clients/${file}\n`)

/** The files of a module, and its name in the package. */
function modules() {
  const at = (path, name, m = '') => ({
    code: join(root, `${path}.${m}js`),
    types: join(root, `${path}.d.${m}ts`),
    name,
  })
  const own = readdirSync(join(root, 'dist/client'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => path.slice(0, -'.js'.length))
  return [
    ...own.map((name) => at(`dist/client/${name}`, name)),
    at('dist/audit/verifier', 'audit-verifier'),
    at('dist/licenses/verifier', 'license-verifier'),
    ...VENDORED.map((name) => at(`node_modules/${name}/dist/index`, `vendor/${name}`, 'm')),
  ]
}

function write({ code, types, name }) {
  const put = (folder, end, text) => {
    const path = join(out, folder, name + end)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  // Tells Deno where a module's types are, wherever it was loaded from.
  const note = `// @ts-self-types="./${basename(name)}.d.ts"\n`
  put('esm', '.js', note + withOwnNames(readFileSync(code, 'utf8'), name))
  for (const folder of ['esm', 'cjs']) {
    put(folder, '.d.ts', withOwnNames(readFileSync(types, 'utf8'), name))
  }
}

/** Types import sources, and types and code import packages; here all of these are files. */
function withOwnNames(text, module) {
  const up = '../'.repeat(module.split('/').length - 1) || './'
  return text
    .replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
    .replace(/(\bfrom\s+|\bimport\()(['"])([^'"\n]+)\2/g, (whole, before, quote, name) => {
      const own = VENDORED.includes(name) ? `${up}vendor/${name}.js` : name.replace(/\.ts$/, '.js')
      return own.startsWith('.') ? before + quote + own + quote : whole
    })
}

function writeManifests() {
  const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const from = (folder, name) => ({
    types: `./${folder}/${name}.d.ts`,
    default: `./${folder}/${name}.js`,
  })
  const exports = Object.entries(ENTRIES).map(([entry, [name]]) => {
    return [entry, { import: from('esm', name), require: from('cjs', name) }]
  })
  const put = (path, value) => writeFileSync(join(out, path), `${JSON.stringify(value, null, 2)}\n`)
  put('package.json', {
    name: 'strongroom-client',
    version,
    description:
      'The client of Strongroom, a self-hosted billing service, and its offline verifiers.',
    license,
    type: 'module',
    engines,
    sideEffects: false,
    main: './cjs/index.js',
    module: './esm/index.js',
    types: './cjs/index.d.ts',
    exports: Object.fromEntries(exports),
    files: ['esm', 'cjs'],
  })
  put('esm/package.json', { type: 'module', sideEffects: false })
  put('cjs/package.json', { type: 'commonjs', sideEffects: false })
}

function writeTexts() {
  cpSync(join(here, 'README.md'), join(out, 'README.md'))
  const [own, theirs] = ['LICENSE', 'node_modules/openapi-fetch/LICENSE'].map((path) =>
    readFileSync(join(root, path), 'utf8').trim(),
  )
  const note =
    'esm/vendor contains openapi-fetch and openapi-typescript-helpers, which cjs includes too:'
  writeFileSync(join(out, 'LICENSE'), `${own}\n\n---\n\n${note}\n\n${theirs}\n`)
}
