import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { reconcile } from '../../src/subscriptions/reconcile.ts'
import { counts } from '../support/counts.ts'
import { asAdmin } from '../support/database.ts'
import { SEED } from '../support/random.ts'
import { scaled } from '../support/scale.ts'
import { checkStory } from '../support/stories/check.ts'
import { story } from '../support/stories/facts.ts'
import { type OpenStory, openStage, openStory, play } from '../support/stories/stage.ts'

/** `DRILL_SEED` and `STORY_PATH`, as a failure prints them, tell that story again. */
const STORY_PATH = process.env['STORY_PATH']
const AGAIN = { seed: SEED, ...(STORY_PATH !== undefined && { path: STORY_PATH }) }

const SECONDS_MAX = scaled(6 * 3_600, 14, 100)
const MS = 1_000

type Told = Pick<fc.RunDetails<unknown>, 'numRuns' | 'seed' | 'interrupted'>

/** How many stories were told, and by which seed they were made. */
function report(details: Told): string {
  const { numRuns, seed, interrupted } = details
  return `${numRuns} stories of seed ${seed}${interrupted ? ', and then the time was up' : ''}`
}

test('a story ends as its facts say, however it is told', async (t) => {
  const tried = counts(t, {
    promise: '16',
    what: 'Stories of subscriptions, payments, refunds and disputes, told in any order',
    trials: 0,
  })
  const stage = await openStage(t)
  const details = await fc.check(
    fc.asyncProperty(story, async (told) => {
      const open = await openStory(stage, told)
      await play(open, told)
      await checkStory(stage, open)
      // Some of it once more, and last: it changes nothing.
      await open.repeat(open.told.filter((_, index) => index % 7 === told.seed % 7))
      await checkStory(stage, open)
    }),
    {
      numRuns: scaled(5_000, 30),
      interruptAfterTimeLimit: SECONDS_MAX * MS,
      ...AGAIN,
    },
  )
  tried.trials = details.numRuns
  t.diagnostic(report(details))
  if (details.failed) {
    throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  }
})

/** What may differ from Stripe in a database: each is done to the rows of one customer. */
const DAMAGES = {
  'lost licences': `delete from licenses where customer_id = $1`,
  'ended licences': `update licenses set status = 'ended', revoked_at = now(), reason = 'x'
    where customer_id = $1 and revoked_at is null`,
  'longer licences': `update licenses set expires_at = expires_at + interval '9 days'
    where customer_id = $1 and revoked_at is null`,
  'more of a plan': `update subscriptions set items = (
      select jsonb_agg(item || '{"quantity": 77}') from jsonb_array_elements(items) item)
    where customer_id = $1 and ended_at is null`,
  'no items': `update subscriptions set items = '[]', held_items = null
    where customer_id = $1 and ended_at is null`,
  'another status': `update subscriptions set status = 'unpaid' where customer_id = $1 and ended_at is null`,
  'an end': `update subscriptions set cancel_at = now() + interval '1 hour'
    where customer_id = $1 and ended_at is null`,
  'a pause': `update subscriptions set pause = 'void' where customer_id = $1 and ended_at is null`,
  'another owner': `update subscriptions set named = '', customer_id = (
      select id from customers where id <> $1 order by seq desc limit 1)
    where customer_id = $1 and ended_at is null`,
  'what is paid for': `update subscriptions set held_items = null where customer_id = $1`,
} as const

type Damage = keyof typeof DAMAGES

const damages = fc.uniqueArray(fc.constantFrom(...(Object.keys(DAMAGES) as Damage[])), {
  minLength: 1,
  maxLength: 3,
})

test('reconciling finds and mends what differs from Stripe', async (t) => {
  const tried = counts(t, {
    promise: '16',
    what: 'Rows that differ from Stripe, found and mended',
    trials: 0,
  })
  const stage = await openStage(t)
  const { app, database } = stage.service
  const { db, keys, subscriptionFollowers } = app
  const compare = () => reconcile({ db, keys, subscriptionFollowers }, app.stripe())
  // When the stories ended whose subscriptions are still there, by Stripe's clock.
  const ends = new Map<string, number>()
  const details = await fc.check(
    fc.asyncProperty(fc.tuple(story, damages), async ([told, done]) => {
      const open = await openStory(stage, told)
      await play(open, { ...told, steps: told.steps.slice(0, 15) })
      if (open.model.isSuspended) await open.tell({ kind: 'suspend', on: false })
      await open.tellAll(1)
      await checkStory(stage, open)
      // Stripe shows what there is everywhere by now.
      open.pass(60)
      await open.tellAll(1)
      await damage(database.adminUrl, open, done)
      const now = stage.stripe.clock.now()
      // For these, this story sets the clock back, and nothing is known that was only to come.
      for (const [id, end] of ends) if (end > now) ends.delete(id)
      const { mended, missing } = await compare()
      assert.deepEqual(missing, [])
      await checkStory(stage, open)
      const others = mended.filter(({ id }) => ends.has(id))
      assert.deepEqual(others, [], 'and nothing else')
      const again = await compare()
      assert.deepEqual(again.mended, [])
      for (const id of open.subs) ends.set(id, now)
    }),
    {
      numRuns: scaled(200, 3),
      interruptAfterTimeLimit: scaled(3 * 3_600, 60, 50) * MS,
      ...AGAIN,
    },
  )
  tried.trials = details.numRuns
  t.diagnostic(report(details))
  if (details.failed) {
    throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  }
})

async function damage(url: string, open: OpenStory, done: readonly Damage[]): Promise<void> {
  await asAdmin(url, async (sql) => {
    for (const one of done) await sql.unsafe(DAMAGES[one], [open.customer.customerId])
  })
}
