ALTER TABLE "stripe_events" ADD COLUMN "faults" smallint DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- By hand from here on. For accounts that the caller has locked and whose balance has fallen: leaves an
-- intent and its job for each whose caps allow it, and pauses the others. No further intent is left until
-- the account is armed. Caps count the payments that Stripe was asked for or is about to be, and not intents
-- that were cancelled before.
CREATE OR REPLACE FUNCTION leave_auto_top_up_intents(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  intent uuid;
BEGIN
  UPDATE accounts SET auto_top_up_below = NULL WHERE id = ANY (ids);
  FOR intent IN
    WITH wanted AS (
      SELECT s.account_id, s.amount, s.daily_max, s.monthly_max, m.stripe_customer_id, m.payment_method_id,
        s.amount + coalesce(sum(i.amount) FILTER (WHERE i.created_at >= date_trunc('day', now(), 'UTC')), 0) AS today,
        s.amount + coalesce(sum(i.amount), 0) AS this_month
      FROM auto_top_ups s
      JOIN saved_payment_methods m USING (account_id)
      LEFT JOIN auto_top_up_intents i
        ON i.account_id = s.account_id AND i.created_at >= date_trunc('month', now(), 'UTC')
        AND (i.status <> 'cancelled' OR i.sent_at IS NOT NULL)
      WHERE s.account_id = ANY (ids) AND s.enabled AND s.paused_reason IS NULL AND NOT EXISTS (
        SELECT FROM auto_top_up_intents o WHERE o.account_id = s.account_id AND o.status IN ('open', 'sent')
      )
      GROUP BY s.account_id, m.account_id
    ),
    paused AS (
      UPDATE auto_top_ups s SET updated_at = now(),
        paused_reason = CASE WHEN today > w.daily_max THEN 'daily_max' ELSE 'monthly_max' END
      FROM wanted w
      WHERE s.account_id = w.account_id AND (today > w.daily_max OR this_month > w.monthly_max)
    )
    INSERT INTO auto_top_up_intents (account_id, amount, stripe_customer_id, payment_method_id)
    SELECT account_id, amount, stripe_customer_id, payment_method_id FROM wanted
    WHERE today <= daily_max AND this_month <= monthly_max
    RETURNING id
  LOOP
    PERFORM graphile_worker.add_job('charge_auto_top_up', json_build_object('id', intent), max_attempts := 100);
  END LOOP;
END
$$;
