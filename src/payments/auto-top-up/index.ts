import type { FastifyInstance } from 'fastify'
import { chargeIntent, checkPayments } from './charge.ts'
import { detachMethod } from './forgetting.ts'
import { autoTopUpExports, autoTopUpNames, closeAutoTopUp, finishAutoTopUp } from './personal.ts'

export { checkAutoTopUps } from './check.ts'
export { paymentEnded } from './events.ts'
export { autoTopUpRoutes, operatorAutoTopUpRoutes } from './routes.ts'
export { AutoTopUp, AutoTopUpOfAccount } from './schemas.ts'

declare module '../../audit/record.ts' {
  interface AuditEvents {
    'auto_top_up.updated': true
  }
}

/** What automatic top-ups add to jobs and to what is personal. */
export function registerAutoTopUp(app: FastifyInstance): void {
  app.personal.addExports(...autoTopUpExports)
  app.personal.addNames(autoTopUpNames)
  app.personal.addAccountClosing(closeAutoTopUp)
  app.erasures.addFinish(finishAutoTopUp)
  app.jobs.add(
    {
      name: 'charge_auto_top_up',
      run: (payload) => chargeIntent(app, (payload as { id: string }).id),
    },
    {
      name: 'detach_payment_method',
      run: (payload) => detachMethod(app, (payload as { id: string }).id),
    },
    {
      name: 'check_auto_top_ups',
      cron: '23 * * * *',
      isSingle: true,
      run: () => checkPayments(app),
    },
  )
}
