import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { REFUSALS, Refusal, type RefusalDetails } from '../refusals/index.ts'
import { spelled } from './patterns.ts'

/**
 * Refers to a named schema, so that the OpenAPI document and generated clients know its name. TypeBox
 * types references as `unknown`; this function keeps the type.
 */
export function ref<T extends TSchema>(schema: T) {
  if (schema.$id === undefined) throw new Error('Only a schema with an $id can be referred to')
  return Type.Unsafe<Static<T>>(Type.Ref(schema.$id))
}

/** An object that accepts no unknown field. */
export function strictObject<T extends TProperties>(
  properties: T,
  options: Record<string, unknown> = {},
): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

export const Timestamp = Type.String({
  format: 'date-time',
  description: 'RFC 3339 in UTC with milliseconds.',
  examples: ['2026-11-24T09:30:00.000Z'],
})

/**
 * RFC 3339 as callers may write it: a four-digit year, a `T` and a zone are required. The colon in
 * the zone is optional, because `strftime` writes none.
 */
export const TimestampInput = Type.String({
  format: 'date-time',
  pattern: spelled(
    '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:?\\d{2})$',
    'a time with its zone, such as 2027-01-01T00:00:00Z',
  ),
  examples: ['2027-01-01T00:00:00.000Z'],
})

export const CustomerId = Type.String({
  pattern: spelled(
    '^cust_[0-9A-Za-z]{16}$',
    'the id of a customer: cust_ and 16 letters or digits',
  ),
  description: '`cust_` and 16 base62 characters.',
  examples: ['cust_4fGh7KqL9mNp2RsT'],
})

export const CustomerStatus = Type.Union([Type.Literal('active'), Type.Literal('suspended')], {
  title: 'CustomerStatus',
})

/**
 * Written by hand: TypeBox's record would not limit the keys, and would drop keys with a line break.
 */
export const Metadata = Type.Unsafe<Record<string, unknown>>({
  title: 'Metadata',
  type: 'object',
  additionalProperties: true,
  propertyNames: { type: 'string', minLength: 1, maxLength: 64 },
  maxProperties: 50,
  description: 'Your own data: up to 50 keys of 1 to 64 characters, stored as given.',
  examples: [{ crm_id: 'A-17' }],
})

/** Whether a text matches the schema that `line` makes. */
export function isLine(text: string, maxLength: number): boolean {
  const isPrinted = (character: string) => character >= ' ' && character !== '\x7f'
  return text !== '' && text.length <= maxLength && Array.from(text).every(isPrinted)
}

const LINE = spelled('^[^\\x00-\\x1f\\x7f]*$', 'one line without control characters')

/** One line of text, without control characters. */
export function line(maxLength: number, options: Record<string, unknown> = {}) {
  return Type.String({ minLength: 1, maxLength, pattern: LINE, ...options })
}

/** With `OUTCOME_UNKNOWN`, and results with `BATCH_REFUSED`: see the guide on repeating a call. */
const RepeatFields = {
  idempotency_key: Type.Optional(
    Type.String({ description: 'Repeat the call with this key, and it moves money once.' }),
  ),
  report_id: Type.Optional(
    Type.String({ description: 'Repeat the report with this id, and it counts once.' }),
  ),
  key_id: Type.Optional(
    Type.String({ description: 'The id of the API key that may have been issued: revoke it.' }),
  ),
  token_id: Type.Optional(
    Type.String({ description: 'The id of the token that may have been issued: revoke it.' }),
  ),
  license_id: Type.Optional(
    Type.String({ description: 'The id of the licence that may have been issued: revoke it.' }),
  ),
  endpoint_id: Type.Optional(
    Type.String({ description: 'The id of the endpoint that may have been made: delete it.' }),
  ),
  results: Type.Optional(
    Type.Array(Type.Object({}, { additionalProperties: true, title: 'UnknownResult' }), {
      description: 'For a batch: one result for each part, in order, with its own code and id.',
    }),
  ),
}

export const ErrorAnswer = Type.Object(
  {
    statusCode: Type.Integer(),
    error: Type.String({ description: 'The name of the HTTP status.' }),
    code: Type.String({
      description: 'Stable: decide by this, not by the message. Later versions may add codes.',
      // With an enum, generated clients would fail at codes that are newer than they are.
      'x-extensible-enum': Object.keys(REFUSALS),
    }),
    message: Type.String(),
    request_id: Type.String({ description: 'Also in the header x-request-id.' }),
    // Without a type: Java's generator has none for an array or an object.
    details: Type.Optional(
      Type.Unsafe<RefusalDetails>({
        description:
          'What is wrong with the input: a list of `{ path, message }`, with a JSON pointer to each ' +
          'place. For `BUDGET_EXCEEDED`, `{ budget_id, remaining }` of the budget with the least remaining.',
      }),
    ),
    ...RepeatFields,
  },
  { $id: 'Error' },
)

/** The end of the year 9999: neither RFC 3339 nor the database can write a later time. */
export const TIME_MS_MAX = 253_402_300_799_999

/**
 * The time that a text spells.
 * @throws Refusal `VALIDATION_FAILED` for a text that only looks like a time, such as second 60, or a
 * time outside the years 1 to 9999 in UTC
 */
export function timeOf(text: string, path: string): Date {
  const time = new Date(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  const year = time.getUTCFullYear()
  if (!(year >= 1 && year <= 9_999)) throw invalid(path, 'is not a time')
  return time
}

/** @throws Refusal `VALIDATION_FAILED` for a text that is no time, or a time not in the future */
export function futureTime(text: string, path: string): Date {
  const time = timeOf(text, path)
  if (time.getTime() <= Date.now()) throw invalid(path, 'must be in the future')
  return time
}

/**
 * The bounds of a query's time range, as far as they are given.
 * @throws Refusal `VALIDATION_FAILED` for an empty range
 */
export function timesOf(query: { from?: string; to?: string }): {
  from: Date | undefined
  to: Date | undefined
} {
  const from = query.from === undefined ? undefined : timeOf(query.from, '/from')
  const to = query.to === undefined ? undefined : timeOf(query.to, '/to')
  if (from !== undefined && to !== undefined) requireOrder(from, to)
  return { from, to }
}

/** @throws Refusal `VALIDATION_FAILED` */
export function requireOrder(from: Date, to: Date): void {
  if (from >= to) throw invalid('/from', 'must be before `to`')
}

/** A fault of a field that no schema can express. */
export function invalid(path: string, message: string): Refusal {
  return new Refusal('VALIDATION_FAILED', { details: [{ path, message }] })
}
