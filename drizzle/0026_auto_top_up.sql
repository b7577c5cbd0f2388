CREATE TABLE "auto_top_up_intents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"account_id" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"stripe_customer_id" text,
	"payment_method_id" text,
	"status" text DEFAULT 'open' NOT NULL,
	"failure" text,
	"payment_intent_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "auto_top_up_intents_amount" CHECK ("auto_top_up_intents"."amount" between 1 and 9007199254740991),
	CONSTRAINT "auto_top_up_intents_status" CHECK ("auto_top_up_intents"."status" in ('open', 'sent', 'succeeded', 'failed', 'parked', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "auto_top_ups" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"threshold" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"daily_max" bigint NOT NULL,
	"monthly_max" bigint NOT NULL,
	"enabled" boolean NOT NULL,
	"paused_reason" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "auto_top_ups_amounts" CHECK ("auto_top_ups"."threshold" between 0 and 9007199254740991 and "auto_top_ups"."amount" between 1 and 9007199254740991
        and "auto_top_ups"."daily_max" between 0 and 9007199254740991 and "auto_top_ups"."monthly_max" between 0 and 9007199254740991),
	CONSTRAINT "auto_top_ups_paused_reason" CHECK ("auto_top_ups"."paused_reason" in ('authentication_required', 'daily_max', 'monthly_max', 'outcome_unknown', 'payment_method_declined', 'payments_failed'))
);
--> statement-breakpoint
CREATE TABLE "saved_payment_methods" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"stripe_customer_id" text NOT NULL,
	"payment_method_id" text NOT NULL,
	"saved_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "auto_top_up_below" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "auto_top_up_intents_open" ON "auto_top_up_intents" USING btree ("account_id") WHERE "auto_top_up_intents"."status" in ('open', 'sent');--> statement-breakpoint
CREATE INDEX "auto_top_up_intents_created" ON "auto_top_up_intents" USING btree ("account_id","created_at");--> statement-breakpoint
CREATE INDEX "auto_top_up_intents_sent" ON "auto_top_up_intents" USING btree ("sent_at") WHERE "auto_top_up_intents"."status" = 'sent';--> statement-breakpoint
-- For accounts that the caller has locked and whose balance has fallen: leaves an intent and its job for
-- each whose caps allow it, and pauses the others. No further intent is left until the account is armed.
CREATE FUNCTION leave_auto_top_up_intents(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
--> statement-breakpoint
-- For an account that the caller has locked: whether the next fall leaves an intent. With `at_once`, a
-- balance that is below already is such a fall.
CREATE FUNCTION arm_auto_top_up(account bigint, at_once boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts a SET auto_top_up_below = (
    SELECT s.threshold FROM auto_top_ups s JOIN saved_payment_methods USING (account_id)
    WHERE s.account_id = a.id AND s.enabled AND s.paused_reason IS NULL AND NOT EXISTS (
      SELECT FROM auto_top_up_intents o WHERE o.account_id = a.id AND o.status IN ('open', 'sent')
    )
  ) WHERE a.id = account;
  IF at_once THEN
    PERFORM leave_auto_top_up_intents(ARRAY[id]) FROM accounts
    WHERE id = account AND balance < auto_top_up_below AND status = 'active' AND NOT charged_back;
  END IF;
END
$$;
