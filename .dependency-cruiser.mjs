import { readFileSync } from 'node:fs'

/** From the ground up: each folder may know those before it, and none behind it. */
const LAYERS = JSON.parse(readFileSync(new URL('src/layers.json', import.meta.url), 'utf8'))

const WAYS_IN = '^src/([^/]+\\.(ts|mjs)$|cli/)'
const order = Object.values(LAYERS).flat()
const folder = (names) => `^src/(${names.join('|')})/`

const upward = order.slice(0, -1).map((name, index) => ({
  name: `${name}-knows-nothing-above-it`,
  severity: 'error',
  from: { path: folder([name]) },
  to: { path: `${folder(order.slice(index + 1))}|${WAYS_IN}` },
}))

export default {
  forbidden: [
    {
      name: 'no-circle-of-files',
      comment: 'Types included.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    ...upward,
    {
      name: 'the-last-capability-knows-no-way-in',
      severity: 'error',
      from: { path: folder(order.slice(-1)) },
      to: { path: WAYS_IN },
    },
    {
      name: 'every-folder-has-its-layer',
      comment: 'A new folder gets its place in src/layers.json.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `${folder([...order, 'client', 'docs', 'pages'])}|${WAYS_IN}`,
      },
      to: {},
    },
    {
      name: 'the-client-stands-alone',
      comment: 'Others install it without the service.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/', pathNot: '^src/client/' },
    },
    {
      name: 'nothing-knows-the-client',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(client|pages)/' },
      to: { path: '^src/client/' },
    },
    {
      name: 'the-pages-know-what-runs-in-a-browser',
      severity: 'error',
      from: { path: '^src/pages/' },
      to: {
        path: '^src/',
        pathNot: '^src/(pages|client)/|^src/(encoding/canonical-json|audit/verifier).ts$',
      },
    },
    {
      name: 'nothing-knows-the-pages',
      comment: 'The service serves their files.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/pages/' },
      to: { path: '^src/pages/' },
    },
  ],
  options: {
    // The compiler here has no interface that it could use.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^src/',
    // Written by a generator, and read by nobody; and what the parser takes for comparisons.
    exclude: { path: '^src/client/generated/|[.]tsx$' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
}
