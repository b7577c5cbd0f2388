import fc from 'fast-check'

/** Prices at Stripe: the last two are of no plan to begin with. */
export const PRICES = ['starter', 'yearly', 'pro', 'addon', 'strange', 'foreign'] as const

/** As many as Stripe shows with a subscription: what stands behind them is on the next page. */
export const FILLERS = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9'] as const

export type PriceName = (typeof PRICES)[number] | (typeof FILLERS)[number]

/** Whose metadata name. */
export const PEOPLE = ['ada', 'eve'] as const

export type Person = (typeof PEOPLE)[number]

/** Plans and what they begin with. `free` is sold by nobody; `default` is `DEFAULT_PLAN`. */
export const PLANS = {
  starter: { rank: 10, limits: { calls: 100, seats: 5 }, prices: ['starter', 'yearly'] },
  pro: { rank: 20, limits: { calls: 1_000 }, prices: ['pro'] },
  addon: { rank: 0, limits: { exports: 3 }, prices: ['addon'] },
  free: { rank: 5, limits: { calls: 10, exports: 1 }, prices: [] },
  default: { rank: 2, limits: { calls: 1 }, prices: [] },
} as const satisfies Record<
  string,
  { rank: number; limits: Record<string, number>; prices: readonly PriceName[] }
>

export type PlanName = keyof typeof PLANS

export interface Pick {
  price: PriceName
  quantity: number
}

/** What a fact is about, modulo how many there are. */
type Which = number

/** One thing that happens, at Stripe unless it says otherwise. */
export type Fact =
  /** On the dashboard, where nobody may say whose it is. */
  | { kind: 'subscribe'; items: Pick[]; isNamed: boolean }
  | { kind: 'name'; sub: Which; owner: Person }
  | { kind: 'items'; sub: Which; items: Pick[] }
  | { kind: 'renew' | 'fail' | 'retry' | 'recover' | 'renew_unasked' | 'resume'; sub: Which }
  | { kind: 'give_up'; sub: Which; to: 'unpaid' | 'canceled' }
  | { kind: 'write_off'; sub: Which; to: 'uncollectible' | 'void' }
  | { kind: 'upgrade_unpaid'; sub: Which; price: PriceName }
  | { kind: 'pause'; sub: Which; behavior: 'void' | 'keep_as_draft' | 'mark_uncollectible' }
  | { kind: 'cancel_at'; sub: Which; days: number | null }
  | { kind: 'cancel_at_period_end'; sub: Which; on: boolean }
  | { kind: 'cancel'; sub: Which }
  /** By an operator: a PUT of the plan, and two PATCHes of the customer. */
  | { kind: 'put_plan'; plan: 'starter' | 'pro' | 'addon'; prices: PriceName[] }
  | { kind: 'base_plan'; plan: 'starter' | 'free' | null }
  | { kind: 'suspend'; on: boolean }
  | { kind: 'pay'; amount: number }
  /** A charge of the user's funds here. */
  | { kind: 'spend'; amount: number }
  | { kind: 'refund'; payment: Which; part: number }
  | { kind: 'return_refund'; refund: Which; status: 'failed' | 'canceled' }
  | { kind: 'dispute'; payment: Which; part: number; isInquiry: boolean }
  | { kind: 'escalate'; dispute: Which }
  /** Of a lost one a part may come back. */
  | { kind: 'close'; dispute: Which; status: 'won' | 'lost'; returned: Which }
  | { kind: 'overturn'; dispute: Which }

/** Those that happen to a subscription. */
export type SubFact = Extract<Fact, { sub: Which }>

/** An event, or a job of the service's own, that is taken up while others wait. */
export interface Delivery {
  which: Which
  /** What the answer to the question that it leads to is like. */
  answer: 'right' | 'away' | 'stale' | 'stale_invoice' | 'stale_both'
  /** The event does not say what was before. */
  isBare: boolean
  /** Told by another event of the same content first. */
  isCopied: boolean
}

export interface Step {
  fact: Fact
  /** Until the fact, in seconds. */
  after: number
  deliveries: Delivery[]
}

const which = fc.nat(1_000)
const price = fc.constantFrom(...PRICES)
const few = fc.uniqueArray(fc.record({ price, quantity: fc.integer({ min: 1, max: 9 }) }), {
  minLength: 1,
  maxLength: 3,
  selector: (one) => one.price,
})
const many = few.map((ours) => [...FILLERS.map((one) => ({ price: one, quantity: 1 })), ...ours])
const items: fc.Arbitrary<Pick[]> = fc.oneof(
  { weight: 9, arbitrary: few },
  { weight: 1, arbitrary: many },
)
const amount = fc.integer({ min: 1, max: 1_000 })
const of = <K extends string>(...kinds: K[]) => fc.constantFrom(...kinds)

const fact: fc.Arbitrary<Fact> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: of('subscribe'),
      items,
      isNamed: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: of('name'), sub: which, owner: fc.constantFrom(...PEOPLE) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: of('items'), sub: which, items }) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: of('renew', 'renew', 'fail', 'retry', 'recover', 'renew_unasked', 'resume'),
      sub: which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: of('give_up'), sub: which, to: of('unpaid', 'canceled') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: of('write_off'),
      sub: which,
      to: of('uncollectible', 'void'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: of('upgrade_unpaid'), sub: which, price }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: of('pause'),
      sub: which,
      behavior: of('void', 'keep_as_draft', 'mark_uncollectible'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: of('cancel_at'),
      sub: which,
      days: fc.option(fc.integer({ min: 1, max: 60 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: of('cancel_at_period_end'), sub: which, on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: of('cancel'), sub: which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: of('put_plan'),
      plan: of('starter', 'pro', 'addon'),
      prices: fc.uniqueArray(price, { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: of('base_plan'), plan: fc.constantFrom('starter', 'free', null) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: of('suspend'), on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: of('pay', 'pay', 'spend'), amount }) },
  { weight: 4, arbitrary: fc.record({ kind: of('refund'), payment: which, part: which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: of('return_refund'),
      refund: which,
      status: of('failed', 'canceled'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: of('dispute'),
      payment: which,
      part: which,
      isInquiry: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: of('escalate'), dispute: which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: of('close'),
      dispute: which,
      status: of('won', 'lost'),
      returned: fc.oneof(fc.constant(0), which),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: of('overturn'), dispute: which }) },
) as fc.Arbitrary<Fact>

const delivery: fc.Arbitrary<Delivery> = fc.record({
  which,
  answer: of('right', 'right', 'right', 'away', 'stale', 'stale', 'stale_invoice', 'stale_both'),
  isBare: fc.constantFrom(false, false, false, true),
  isCopied: fc.boolean(),
})

const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S
const FACTS_MAX = 40

/**
 * A story of up to 40 facts, between which some of what there is to tell is told. All that is left is
 * told at the end.
 */
export const story = fc.record({
  /** Before the present, in days: where the story begins. */
  ago: fc.constantFrom(0, 20, 100, 300),
  steps: fc.array(
    fc.record({
      fact,
      after: fc.constantFrom(1, 4, 60, HOUR_S, DAY_S, 8 * DAY_S),
      deliveries: fc.array(delivery, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: FACTS_MAX, size: 'max' },
  ),
  /** The order of what is left. */
  seed: fc.nat(),
})

export type Story = typeof story extends fc.Arbitrary<infer T> ? T : never
