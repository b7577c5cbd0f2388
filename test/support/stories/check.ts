import assert from 'node:assert/strict'
import { asAdmin } from '../database.ts'
import { PEOPLE, type Person, type PlanName } from './facts.ts'
import type { Model, Sub } from './model.ts'
import { fundsOf, givesAccess, heldPlans, licensedUntil, limitsOf, plansOf } from './worth.ts'
import type { OpenStory, Stage } from './stage.ts'

const iso = (seconds: number) => new Date(seconds * 1_000).toISOString()
const nowS = () => Math.floor(Date.now() / 1_000)

interface Valid {
  sub: string
  plan: string
  quantity: number
  until: number
}

/** Everything that is seen of a story's end, beside what the model says of it. */
export async function checkStory(stage: Stage, story: OpenStory): Promise<void> {
  for (const person of PEOPLE) {
    const own = partOf(story, person)
    await checkPlans(stage, own)
    await checkLicences(stage, own)
  }
  await checkFunds(stage, story)
}

/** What of the story is one person's. What an operator does, is done to Ada. */
function partOf(story: OpenStory, person: Person): OpenStory {
  const { model, subs, people } = story
  const isOwn = (_: unknown, index: number) => model.subs[index]!.owner === person
  return {
    ...story,
    customer: people[person],
    subs: subs.filter(isOwn),
    model: {
      ...model,
      subs: model.subs.filter(isOwn),
      ...(person !== 'ada' && { basePlan: null, isSuspended: false }),
    },
  }
}

async function checkPlans(stage: Stage, story: OpenStory): Promise<void> {
  const { service } = stage
  const { model, customer, planId, subs } = story
  const at = nowS()
  const read = await service.asAdmin('GET', `/api/customers/${customer.customerId}`)
  const plans = heldPlans(model, at).map(planId)
  const { plan, base_plan } = read.body
  assert.deepEqual(
    { plan, plans: read.body.plans, base_plan },
    {
      plan: plans[0],
      plans,
      base_plan: model.basePlan === null ? null : planId(model.basePlan),
    },
  )
  if (model.isSuspended) return
  const listed = await customer.call('GET', `/api/subscriptions/${customer.customerId}`)
  assert.equal(listed.status, 200)
  const shown = Object.fromEntries(
    (listed.body.subscriptions as Record<string, unknown>[]).map((one) => [
      one['stripe_subscription_id'],
      {
        status: one['status'],
        paused: one['paused'],
        ends_at: one['ends_at'],
        ...(['active', 'past_due'].includes(String(one['status'])) && { plans: one['plans'] }),
      },
    ]),
  )
  const expected = Object.fromEntries(
    model.subs.flatMap((sub, index) => {
      if (sub.status === 'canceled') return []
      const { status, pause, cancelAt } = sub
      const held = plansOf(model, sub).map((one) => ({
        plan: planId(one.plan),
        quantity: one.quantity,
      }))
      const one = {
        status,
        paused: pause !== null,
        ends_at: cancelAt === null ? null : iso(cancelAt),
        ...(status !== 'unpaid' && { plans: held }),
      }
      return [[subs[index]!, one]]
    }),
  )
  assert.deepEqual(shown, expected)
  await checkTold(stage, customer.customerId, listed.body.subscriptions as Shown[])
  const zeros = { calls: 0, seats: 0, exports: 0 }
  const reported = await customer.call('POST', '/api/usage/report', { metrics: zeros })
  const limits = (reported.body.limits as { metric: string; limit: number }[]).map(
    ({ metric, limit }) => [metric, limit],
  )
  assert.deepEqual(Object.fromEntries(limits), limitsOf(model, at))
}

type Shown = Record<string, unknown> & { stripe_subscription_id: string; status: string }

/** What was last told of each open subscription is what it shows. */
async function checkTold({ service }: Stage, customerId: string, subscriptions: Shown[]) {
  const rows = await asAdmin(
    service.database.adminUrl,
    (sql) => sql<{ told: Record<string, unknown> }[]>`
      select distinct on (metadata->>'subscription') metadata as told from audit_records
      where event = 'subscription.updated' and subject = ${customerId}
      order by metadata->>'subscription', id desc`,
  )
  const tellings = new Map(rows.map(({ told }) => [told['subscription'], told]))
  for (const shown of subscriptions) {
    if (shown.status === 'canceled') continue
    const telling = tellings.get(shown.stripe_subscription_id)
    assert.ok(telling, `${shown.stripe_subscription_id} was told of`)
    const { subscription: id, ...told } = telling
    const same = Object.fromEntries(Object.keys(told).map((name) => [name, shown[name]]))
    assert.deepEqual(told, same, `what was told of ${String(id)}`)
  }
}

/**
 * The two invariants.
 * 1. No customer who pays is without access: of each plan of each subscription that is paid for there is a
 *    licence, for as many and for as long as was paid, and the grace.
 * 2. None who does not pay has it beyond the grace: no licence that a verifier takes lasts longer than that,
 *    and none is of anything else.
 */
async function checkLicences({ service }: Stage, story: OpenStory): Promise<void> {
  const { model, customer } = story
  const at = nowS()
  if (!model.isSuspended) {
    const { body } = await customer.call('GET', `/api/licenses/${customer.customerId}`)
    const served = (body.data as { plan: string; quantity: number; expires_at: string }[]).map(
      ({ plan, quantity, expires_at }) => `${plan} ${quantity} ${expires_at}`,
    )
    const due = expectedLicences(story, at).map(
      ({ plan, quantity, until }) => `${plan} ${quantity} ${iso(until)}`,
    )
    assert.deepEqual(served.toSorted(), due.toSorted(), 'a licence for all that is paid for')
  }
  const expected = expectedLicences(story, at)
  for (const one of await validLicences(service.database.url, customer.customerId)) {
    const bound = expected.find(({ sub, plan }) => sub === one.sub && plan === one.plan)
    assert.ok(bound !== undefined, `nothing licenses ${JSON.stringify(one)}`)
    assert.ok(one.until <= bound.until, `${JSON.stringify(one)} lasts longer than ${bound.until}`)
  }
}

function expectedLicences({ model, subs, planId }: OpenStory, at: number): Valid[] {
  return model.subs.flatMap((sub, index) => {
    if (!givesAccess(sub, at)) return []
    return licencesOf(model, sub, planId)
      .filter(({ until }) => until > at)
      .map((one) => ({ sub: subs[index]!, ...one }))
  })
}

function licencesOf(model: Model, sub: Sub, planId: (plan: PlanName) => string) {
  return plansOf(model, sub).map((held) => ({
    plan: planId(held.plan),
    quantity: held.quantity,
    until: licensedUntil(sub, held),
  }))
}

/** What a verifier with the newest revocation list takes, whether or not it is still served. */
function validLicences(url: string, customerId: string): Promise<Valid[]> {
  return asAdmin(url, async (sql) => {
    const rows = await sql<Valid[]>`
      select l.subscription_id as sub, l.plan, l.quantity::int as quantity,
        extract(epoch from l.expires_at)::int8::float8 as until
      from licenses l join customers c on c.id = l.customer_id
      where l.customer_id = ${customerId} and c.status = 'active'
        and l.revoked_at is null and l.expires_at > now()`
    return [...rows]
  })
}

async function checkFunds({ service }: Stage, { model, userId }: OpenStory): Promise<void> {
  const { body } = await service.asInternal('GET', `/balance/${userId}`)
  const { balance, held } = body
  assert.deepEqual({ balance, held }, fundsOf(model))
}
