import { eq } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import { type Facts, type Line, pass, warning } from '../doctor/check.ts'
import { plans } from './tables.ts'

const REASON = 'is not the id of a plan: customers without one have no limits and pay nothing'

/** For `doctor`: whether the plan exists that customers have without a plan of their own. */
export async function checkDefaultPlan({ config }: Facts, sql: postgres.Sql): Promise<Line[]> {
  const { defaultPlan } = config
  if (defaultPlan === null) return []
  const rows = await sql`select from plans where id = ${defaultPlan}`
  if (rows.length > 0) return [pass('DEFAULT_PLAN', 'is the id of a plan')]
  return [warning('DEFAULT_PLAN', REASON, `PUT /api/plans/${defaultPlan}, or correct it`)]
}

/** Says at the start that it does not exist. A plan may still be put, so that is no reason not to start. */
export async function warnOfDefaultPlan(
  app: Pick<FastifyInstance, 'db' | 'log'>,
  defaultPlan: string | null,
): Promise<void> {
  if (defaultPlan === null) return
  try {
    const rows = await app.db.select({ id: plans.id }).from(plans).where(eq(plans.id, defaultPlan))
    if (rows.length === 0) app.log.warn({ plan: defaultPlan }, `DEFAULT_PLAN ${REASON}`)
  } catch (error) {
    app.log.warn({ err: error }, 'Could not look for the plan that DEFAULT_PLAN names')
  }
}
