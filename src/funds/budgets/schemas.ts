import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../../http/pagination.ts'
import { Timestamp, line, nullable, ref, strictObject } from '../../http/schemas.ts'
import { Amount, Units, UserId } from '../schemas.ts'
import { WINDOWS, type Window } from './window.ts'
import { spelled } from '../../http/patterns.ts'

const PERCENT_MAX = 1_000

const BudgetId = Type.String({
  pattern: spelled('^[A-Za-z0-9._:-]{1,64}$', '1 to 64 characters of A–Z a–z 0–9 . _ : -'),
  description: 'Your own name for it: 1 to 64 characters of A–Z a–z 0–9 . _ : -',
  examples: ['daily'],
})

const WindowName = Type.Unsafe<Window>({
  title: 'BudgetWindow',
  type: 'string',
  enum: WINDOWS,
  description: 'By the clock of the time zone; a week begins on Monday, and `total` never ends.',
})

const Mode = Type.Unsafe<'hard' | 'soft'>({
  title: 'BudgetMode',
  type: 'string',
  enum: ['hard', 'soft'],
  description: 'A hard one refuses what would pass it, a soft one tells.',
})

const TimeZone = Type.String({
  pattern: spelled('^[A-Za-z][A-Za-z0-9_+/-]{0,63}$', 'a time zone such as Europe/Berlin'),
  description: 'A name of the IANA time zone database.',
  examples: ['Europe/Berlin'],
})

const Match = {
  reference_prefix: line(255, {
    description: 'What the reference of a charge begins with, literally.',
    examples: ['agent-7/'],
  }),
  reason: line(500, { description: 'The whole reason of a charge.', examples: ['1,200 tokens'] }),
}

export const BudgetParams = Type.Object({ user_id: UserId, budget_id: BudgetId })

export const ListBudgetsQuery = strictObject(PageQuery)

export const BudgetBody = strictObject(
  {
    amount: Amount,
    window: WindowName,
    time_zone: Type.Optional({ ...TimeZone, description: 'UTC if not given.' }),
    match: Type.Optional(
      strictObject({
        reference_prefix: Type.Optional(Match.reference_prefix),
        reason: Type.Optional(Match.reason),
      }),
    ),
    mode: Type.Optional({ ...Mode, description: '`hard` if not given.' }),
    alert_at: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: PERCENT_MAX }), {
        maxItems: 10,
        uniqueItems: true,
        description: 'Percentages of the amount, each told of once in a window.',
        examples: [[50, 90]],
      }),
    ),
  },
  { examples: [{ amount: 500, window: 'day', time_zone: 'Europe/Berlin', alert_at: [80] }] },
)

export const Budget = Type.Object(
  {
    budget_id: Type.String({ examples: ['daily'] }),
    user_id: Type.String({ examples: ['user-123'] }),
    amount: Units,
    window: WindowName,
    time_zone: Type.String({ examples: ['Europe/Berlin'] }),
    match: Type.Object(
      {
        reference_prefix: nullable(Type.String({ examples: ['agent-7/'] })),
        reason: nullable(Type.String({ examples: ['1,200 tokens'] })),
      },
      { title: 'BudgetMatch', description: 'Null matches any.' },
    ),
    mode: Mode,
    alert_at: Type.Array(Type.Integer({ examples: [80] })),
    used: Type.Integer({
      description: 'In this window: charges and open holds, without refunds.',
      examples: [120],
    }),
    remaining: Type.Integer({
      description: 'Below zero where a soft budget was passed or the amount has been lowered.',
      examples: [380],
    }),
    window_start: Timestamp,
    resets_at: nullable(Timestamp),
    made_in_portal: Type.Boolean({
      description: 'Whether the user made it in the portal, and may change it there.',
    }),
  },
  { $id: 'Budget' },
)

export const BudgetPage = pageOf(ref(Budget), 'BudgetPage')

export const CheckBody = strictObject(
  {
    user_id: UserId,
    amount: Type.Optional({ ...Amount, description: '1 if not given.' }),
    reference: Type.Optional(line(255, { examples: ['job-77'] })),
    reason: Type.Optional(line(500)),
  },
  { examples: [{ user_id: 'user-123', amount: 500 }] },
)

const CODES = ['ACCOUNT_FROZEN', 'INSUFFICIENT_FUNDS', 'BUDGET_EXCEEDED'] as const

export const Check = Type.Object(
  {
    allowed: Type.Boolean(),
    code: nullable(
      Type.Unsafe<(typeof CODES)[number]>({ title: 'CheckCode', type: 'string', enum: CODES }),
    ),
    available: Units,
    budgets: Type.Array(
      Type.Object(
        { budget_id: Type.String({ examples: ['daily'] }), remaining: Units },
        { title: 'CheckedBudget' },
      ),
      { description: 'Those that would count it, the one with the least remaining first.' },
    ),
  },
  { $id: 'Check' },
)
