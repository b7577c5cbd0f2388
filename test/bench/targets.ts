import { type Row, type Samples, median } from './report.ts'

/** How much of one measurement another should reach. */
export interface Target {
  what: string
  subject: string
  against: string
  base: string
  /** The least ratio of the subject to the base. */
  least: number
}

/** Its subject and its base are names of measurements. */
type Line = readonly [what: string, subject: string, against: string, base: string, least: number]

const LINES: readonly Line[] = [
  ['POST /deduct, 10,000 accounts', 'deduct', 'a ledger by hand', 'by hand', 1],
  ['POST /deduct, one account', 'hot deduct', 'a ledger by hand', 'by hand, one account', 8],
  [
    'POST /deduct, with busy neighbours',
    'deduct, busy neighbours',
    'a ledger by hand',
    'by hand, busy neighbours',
    0.8,
  ],
  [
    'POST /deduct, one connection',
    'deduct, one connection',
    'a ledger by hand',
    'by hand, one client',
    0.5,
  ],
  ['the route that does nothing', 'live', 'bare Fastify', 'bare live', 0.75],
  ['GET /balance/:user_id', 'balance', 'bare Fastify', 'bare balance', 0.6],
  ['POST /api/usage/report', 'report', 'bare Fastify', 'bare report', 0.4],
  ['POST /api/webhooks/stripe', 'webhook', 'bare Fastify', 'bare webhook', 0.3],
  ['POST /deduct, 10,000 accounts', 'deduct', 'one transaction each', 'bare deduct', 1.25],
  ['POST /deduct, one account', 'hot deduct', 'one transaction each', 'bare hot deduct', 15],
  ['POST /deduct', 'deduct', 'the empty route', 'empty POST', 0.4],
  ['charges in batches of 100', 'batched deduct', 'POST /deduct', 'deduct', 5],
  ['charges in batches of 100', 'batched deduct', 'one transaction each', 'bare deduct', 4],
  [
    'charges in batches of 100, one account',
    'batched hot deduct',
    'one transaction each',
    'bare hot deduct',
    20,
  ],
  ['POST /deduct, one grant', 'deduct with a grant', 'without', 'deduct', 0.9],
  ['POST /deduct, three budgets', 'deduct with three budgets', 'without', 'deduct', 0.8],
  ['POST /check', 'check', 'GET /balance', 'balance', 0.8],
  ['GET /balance/:user_id', 'balance', 'the empty route', 'empty GET', 0.7],
  ['POST /api/usage/report, warm keys', 'report', 'the empty route', 'empty report', 0.4],
  ['POST /api/webhooks/stripe', 'webhook', 'the empty route', 'empty webhook', 0.35],
  ['POST /deduct, logged behind the commit', 'deduct', 'not logged', 'deduct, log at rest', 0.9],
  [
    'POST /deduct, three endpoints listening to funds.*',
    'deduct, three endpoints',
    'without',
    'deduct',
    0.9,
  ],
  [
    'POST /deduct, the log published and witnessed',
    'deduct',
    'not published',
    'deduct, log unpublished',
    0.97,
  ],
  ['GET /log/tile/…', 'tile', 'the empty route', 'empty tile', 0.5],
  ['GET /log/checkpoint', 'published checkpoint', 'the empty route', 'empty checkpoint', 0.5],
  ['the API key check, key seen before', 'key check', 'no check', 'open key check', 0.97],
  [
    'a known token',
    'token of the database',
    'that of the environment',
    'token of the environment',
    0.97,
  ],
]

export const TARGETS: readonly Target[] = LINES.map(([what, subject, against, base, least]) => ({
  what,
  subject,
  against,
  base,
  least,
}))

/** The targets whose measurements were taken. */
export function rowsOf(targets: readonly Target[], samples: Samples): Row[] {
  return targets
    .filter(({ subject, base }) => samples.has(subject) && samples.has(base))
    .map(({ what, subject, against, base, least }) => {
      const [a, b] = [median(samples.get(subject)), median(samples.get(base))]
      return {
        what: `${what} against ${against}`,
        value: `${(a / b).toFixed(2)} × (${a.toFixed(0)} : ${b.toFixed(0)})`,
        target: `≥ ${least} ×`,
        met: a / b >= least,
      }
    })
}
