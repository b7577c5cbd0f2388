CREATE TABLE "event_counter" (
	"id" smallint PRIMARY KEY NOT NULL,
	"last" bigint NOT NULL,
	CONSTRAINT "event_counter_one" CHECK ("event_counter"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "event_outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "event_outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"type" text NOT NULL,
	"timestamp" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL,
	"endpoint_id" bigint
);
--> statement-breakpoint
CREATE TABLE "events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"type" text NOT NULL,
	"timestamp" timestamp (3) with time zone NOT NULL,
	"subject" text NOT NULL,
	"user_id" text,
	"data" jsonb NOT NULL,
	"endpoint_id" bigint,
	"log_index" bigint,
	"log_size" bigint,
	"numbered_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events_told" (
	"key" text PRIMARY KEY NOT NULL,
	"told_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"endpoint" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"event_seq" bigint NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"is_taken" boolean DEFAULT false NOT NULL,
	"tries" smallint DEFAULT 0 NOT NULL,
	"attempts" jsonb DEFAULT '[]' NOT NULL,
	"attempt_count" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_deliveries_endpoint_seq_pk" PRIMARY KEY("endpoint","seq"),
	CONSTRAINT "webhook_deliveries_status" CHECK ("webhook_deliveries"."status" in ('pending', 'delivered', 'failed', 'parked'))
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_endpoints_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"url" text NOT NULL,
	"events" text[] NOT NULL,
	"description" text,
	"status" text DEFAULT 'active' NOT NULL,
	"disabled_reason" text,
	"secret" "bytea" NOT NULL,
	"secret_key_id" text NOT NULL,
	"previous_secret" "bytea",
	"previous_key_id" text,
	"previous_until" timestamp (3) with time zone,
	"terms" jsonb NOT NULL,
	"cursor" bigint NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"replay_from" bigint,
	"replay_to" bigint,
	"failing_since" timestamp (3) with time zone,
	"owner" text,
	"owned_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_endpoints_id" UNIQUE("id"),
	CONSTRAINT "webhook_endpoints_status" CHECK ("webhook_endpoints"."status" in ('active', 'disabled')),
	CONSTRAINT "webhook_endpoints_disabled" CHECK (("webhook_endpoints"."status" = 'disabled') = ("webhook_endpoints"."disabled_reason" is not null))
);
--> statement-breakpoint
CREATE INDEX "events_subject" ON "events" USING btree ("subject","seq");--> statement-breakpoint
CREATE INDEX "events_told_at" ON "events_told" USING btree ("told_at");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_first" ON "webhook_deliveries" USING btree ("endpoint","seq") WHERE "webhook_deliveries"."status" = 'pending' and "webhook_deliveries"."tries" = 0;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_again" ON "webhook_deliveries" USING btree ("endpoint","next_attempt_at") WHERE "webhook_deliveries"."status" = 'pending' and "webhook_deliveries"."tries" > 0;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_undone" ON "webhook_deliveries" USING btree ("endpoint","status","seq") WHERE "webhook_deliveries"."status" <> 'delivered';--> statement-breakpoint
INSERT INTO "event_counter" ("id", "last") VALUES (1, 0);
--> statement-breakpoint
ALTER TABLE event_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
--> statement-breakpoint
ALTER TABLE webhook_deliveries SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
--> statement-breakpoint
-- What a charge, a hold or a refund has made of a budget, told in the same transaction. A soft budget is
-- passed once in each window; a hard one refuses instead.
CREATE FUNCTION tell_of_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  facts jsonb := jsonb_build_object(
    'budget_id', new.id, 'mode', new.mode, 'window', new.window, 'amount', new.amount, 'used', new.used,
    'window_start', to_char(new.window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'resets_at', to_char(new.resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  );
  is_new boolean := new.window_start <> old.window_start;
BEGIN
  IF new.alerted > 0 AND (is_new OR new.alerted <> old.alerted) THEN
    INSERT INTO event_outbox (type, subject, data)
    VALUES ('budget.threshold', 'acct_' || new.account_id, facts || jsonb_build_object('percent', new.alerted));
  END IF;
  IF new.mode = 'soft' AND new.used > new.amount AND (is_new OR old.used <= old.amount) THEN
    INSERT INTO event_outbox (type, subject, data) VALUES ('budget.exceeded', 'acct_' || new.account_id, facts);
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER budgets_told AFTER UPDATE ON budgets FOR EACH ROW
WHEN (new.alerted > 0 OR new.mode = 'soft' AND new.used > new.amount)
EXECUTE FUNCTION tell_of_budget();
--> statement-breakpoint
-- The caps of an automatic top-up pause it where a charge leaves an intent; other pauses are told by the
-- service.
CREATE FUNCTION tell_of_caps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event_outbox (type, subject, data)
  VALUES ('auto_top_up.paused', 'acct_' || new.account_id,
    jsonb_build_object('reason', new.paused_reason, 'amount', new.amount, 'action_url', NULL));
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER auto_top_ups_told AFTER UPDATE OF paused_reason ON auto_top_ups FOR EACH ROW
WHEN (old.paused_reason IS NULL AND new.paused_reason IN ('daily_max', 'monthly_max'))
EXECUTE FUNCTION tell_of_caps();
