import { describeReconciliation, differs, reconcile } from '../subscriptions/reconcile.ts'
import { AS, actorAs } from './actor.ts'
import { command } from './command.ts'
import { snakeFields } from './json.ts'
import { withApp } from './means.ts'

export const subscriptionsReconcile = command({
  name: 'subscriptions reconcile',
  summary: "compare subscriptions with Stripe's and correct the differences",
  details:
    'A job does so every hour. Exits with 1 if something was corrected, is unknown to Stripe or could not be compared.',
  operands: [],
  options: AS,
  json: true,
  run: async ({ options, withProgress }) => {
    const actor = actorAs(options)
    const result = await withProgress("Comparing with Stripe's subscriptions", (report) =>
      withApp(({ db, keys, subscriptionFollowers, stripe }) =>
        reconcile({ db, keys, subscriptionFollowers, actor }, stripe(), report),
      ),
    )
    return {
      text: describeReconciliation(result),
      json: {
        ...result,
        mended: result.mended.map(({ id, before, after }) => ({
          id,
          before: before && snakeFields(before),
          after: snakeFields(after),
        })),
      },
      isFinding: differs(result),
    }
  },
})
