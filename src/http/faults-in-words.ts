import type { FastifySchemaValidationError } from 'fastify'
import { nearest } from '../encoding/nearest.ts'
import type { RefusalDetail } from '../refusals/index.ts'
import { inWords } from './patterns.ts'

const DETAILS_MAX = 20
/** A body can have tens of thousands of faults. Those of the first places fill the details. */
const FAULTS_MAX = 1_000
const NAME_MAX = 64

/** A fault as Ajv reports it with `verbose`. */
type Fault = FastifySchemaValidationError & { parentSchema?: { properties?: object } }

interface Finding {
  path: string
  schemaPath: string
  fault: Fault
  /** The allowed values, if only certain values are allowed. */
  values?: unknown[]
  isNullable?: boolean
}

/** Says for each place, in words for people, what does not match the schema. */
export function detailsOf(faults: readonly FastifySchemaValidationError[]): RefusalDetail[] {
  return withoutFormats(merged(faults.slice(0, FAULTS_MAX) as readonly Fault[]))
    .slice(0, DETAILS_MAX)
    .map((finding) => ({ path: placeOf(finding), message: messageOf(finding) }))
}

/**
 * For a union, Ajv reports the faults of every choice, and then that none of them matched. This
 * merges them: a caller is told what all choices allow, or what is wrong with the choice that was
 * meant.
 */
function merged(faults: readonly Fault[]): Finding[] {
  const findings: Finding[] = []
  for (const fault of faults) {
    const path = fault.instancePath
    // Ajv has already reported what is wrong with the name itself.
    if (fault.keyword === 'propertyNames') continue
    if (fault.keyword === 'anyOf' || fault.keyword === 'oneOf') {
      let from = findings.length
      while (from > 0 && isWithin(findings[from - 1]?.path ?? '', path)) from -= 1
      findings.push(...ofUnion(fault, findings.splice(from)))
      continue
    }
    const finding: Finding = { path, schemaPath: fault.schemaPath, fault }
    const { allowedValue, allowedValues } = fault.params
    if (fault.keyword === 'const') finding.values = [allowedValue]
    if (fault.keyword === 'enum') finding.values = allowedValues as unknown[]
    findings.push(finding)
  }
  return findings
}

/** Drops a fault of a format if the pattern of the same text fails too, which says the same. */
function withoutFormats(findings: readonly Finding[]): Finding[] {
  const spelled = new Set(
    findings.flatMap(({ fault, path }) => (fault.keyword === 'pattern' ? [path] : [])),
  )
  return findings.filter(({ fault, path }) => fault.keyword !== 'format' || !spelled.has(path))
}

function ofUnion(union: Fault, inside: readonly Finding[]): Finding[] {
  const path = union.instancePath
  const isNull = ({ fault, path: place }: Finding) =>
    place === path && fault.keyword === 'type' && fault.params['type'] === 'null'
  const others = inside.filter((finding) => !isNull(finding))
  const isNullable = others.length < inside.length

  const branches = new Map<string, Finding[]>()
  for (const finding of others) {
    const branch = branchOf(union, finding)
    const ones = branches.get(branch)
    if (ones === undefined) branches.set(branch, [finding])
    else ones.push(finding)
  }
  const meant = [...branches.values()].filter((ones) => ones.every(({ values }) => !values))
  const chosen = meant.length > 0 ? meant.flat() : withValues([...branches.values()])
  return chosen.map((finding) => (isNullable && finding.path === path ? orNull(finding) : finding))
}

/** Merges choices that differ in one field or value into one finding with all allowed values. */
function withValues(branches: readonly Finding[][]): Finding[] {
  const telling = branches.flatMap((ones) => ones.filter(({ values }) => values !== undefined))
  const [first] = telling
  if (first === undefined || telling.some(({ path }) => path !== first.path)) return branches.flat()
  return [{ ...first, values: telling.flatMap(({ values = [] }) => values) }]
}

function orNull(finding: Finding): Finding {
  return finding.values === undefined
    ? { ...finding, isNullable: true }
    : { ...finding, values: [...finding.values, null] }
}

/** The choice of a union that a finding is about, as far as its place in the schema tells. */
function branchOf({ schemaPath }: Fault, finding: Finding): string {
  const prefix = `${schemaPath}/`
  if (!finding.schemaPath.startsWith(prefix)) return ''
  return finding.schemaPath.slice(prefix.length).split('/', 1)[0] ?? ''
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`)
}

function placeOf({ path, fault: { params, propertyName } }: FindingWithName): string {
  const { additionalProperty, missingProperty } = params as Record<string, string | undefined>
  const name = additionalProperty ?? missingProperty ?? propertyName
  return `${path}${name === undefined ? '' : `/${pointerTo(name.slice(0, NAME_MAX))}`}` || '/'
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function pointerTo(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

type FindingWithName = Finding & { fault: { propertyName?: string } }

function messageOf({ fault, values, isNullable }: Finding): string {
  if (values !== undefined) return `must be ${oneOf(values)}`
  const message = messageOfKeyword(fault)
  return isNullable === true ? `${message}, or null` : message
}

function messageOfKeyword({ keyword, params, message, parentSchema }: Fault): string {
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty'])
      const meant = nearest(name, Object.keys(parentSchema?.properties ?? {}))
      return meant === undefined ? 'is not a known field' : `is not a known field: use ${meant}?`
    }
    case 'required':
      return 'is required'
    case 'pattern':
      return `must be ${inWords(String(params['pattern'])) ?? 'of another form'}`
    case 'format':
      return params['format'] === 'idn-email' ? 'must be an email address' : (message ?? '')
    default:
      return message ?? 'is not valid'
  }
}

function oneOf(values: readonly unknown[]): string {
  const texts = [...new Set(values)].map((value) => String(value))
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}`
}
