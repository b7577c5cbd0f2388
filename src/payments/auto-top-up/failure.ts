/** `metadata.purpose` of the payments that are made for intents. */
export const AUTO_TOP_UP = 'auto_top_up'

/** Why an intent failed, as far as Stripe says. */
export interface Failure {
  /** Stripe's code: of the decline, else of the error. */
  code: string
  /** Another try would fail until the user does something. */
  needsUser: boolean
  /** The page where the user can do that, if Stripe names one. */
  actionUrl: string | null
}

/** What a payment asks the user to do: https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action */
interface NextAction {
  redirect_to_url?: { url?: string | null | undefined } | null | undefined
}

/** What a payment says of why it failed: the error of a call, or its `last_payment_error`. */
export function failureOf(error: {
  code?: string | null | undefined
  decline_code?: string | null | undefined
  advice_code?: string | null | undefined
  payment_intent?: { next_action?: NextAction | null | undefined } | null | undefined
}): Failure {
  const code = error.decline_code ?? error.code ?? 'unknown'
  const codes = [error.code, error.decline_code]
  const isToAuthenticate = codes.includes('authentication_required')
  // https://docs.stripe.com/declines/codes and #retrying-issuer-declines
  const needsUser =
    isToAuthenticate ||
    codes.includes('expired_card') ||
    ['do_not_try_again', 'confirm_card_data'].includes(error.advice_code ?? '')
  const actionUrl = error.payment_intent?.next_action?.redirect_to_url?.url ?? null
  return { code: isToAuthenticate ? 'authentication_required' : code, needsUser, actionUrl }
}
