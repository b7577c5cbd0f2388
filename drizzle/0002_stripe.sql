CREATE TABLE "job_pools" (
	"pool_id" text PRIMARY KEY NOT NULL,
	"process" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stripe_payments" (
	"id" text PRIMARY KEY NOT NULL,
	"paid" bigint,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"lost" bigint DEFAULT 0 NOT NULL,
	"currency" text NOT NULL,
	"account_id" bigint,
	"seq" bigint,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stripe_payments_amounts" CHECK ("stripe_payments"."refunded" >= 0 and "stripe_payments"."lost" >= 0),
	CONSTRAINT "stripe_payments_paid" CHECK (("stripe_payments"."paid" is null) = ("stripe_payments"."seq" is null))
);
--> statement-breakpoint
CREATE TABLE "plans" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "plans_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"stripe_price_id" text,
	"features" jsonb NOT NULL,
	"limits" jsonb NOT NULL,
	"license_days" integer,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "plans_seq_unique" UNIQUE("seq"),
	CONSTRAINT "plans_stripe_price_id" UNIQUE("stripe_price_id"),
	CONSTRAINT "plans_license_days" CHECK ("plans"."license_days" between 1 and 3660)
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"customer_id" text NOT NULL,
	"stripe_customer_id" text NOT NULL,
	"stripe_price_id" text,
	"plan" text,
	"status" text NOT NULL,
	"quantity" integer NOT NULL,
	"current_period_start" timestamp (3) with time zone,
	"current_period_end" timestamp (3) with time zone,
	"cancel_at_period_end" boolean NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"event_at" timestamp (3) with time zone,
	"event_rank" integer DEFAULT 0 NOT NULL,
	"superseded" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"fetched_at" timestamp (3) with time zone,
	"version" bigint DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "subscriptions_status" CHECK ("subscriptions"."status" in ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused'))
);
--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_kind";--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_target";--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "stripe_customers_deleted" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "stripe_events" ADD COLUMN "status" text DEFAULT 'pending' NOT NULL;--> statement-breakpoint
ALTER TABLE "stripe_events" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "stripe_events" ADD COLUMN "settled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_plan_plans_id_fk" FOREIGN KEY ("plan") REFERENCES "public"."plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stripe_payments_account" ON "stripe_payments" USING btree ("account_id","seq");--> statement-breakpoint
CREATE INDEX "subscriptions_customer" ON "subscriptions" USING btree ("customer_id","created_at");--> statement-breakpoint
CREATE INDEX "subscriptions_stripe_customer" ON "subscriptions" USING btree ("stripe_customer_id");--> statement-breakpoint
CREATE INDEX "subscriptions_open" ON "subscriptions" USING btree ("status") WHERE "subscriptions"."ended_at" is null;--> statement-breakpoint
-- Plans that customers were given by name alone become plans that grant nothing yet.
INSERT INTO "plans" ("id", "name", "features", "limits")
  SELECT DISTINCT "plan", "plan", '{}'::jsonb, '{}'::jsonb FROM "customers" WHERE "plan" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_plan_plans_id_fk" FOREIGN KEY ("plan") REFERENCES "public"."plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "customers_plan" ON "customers" USING btree ("plan");--> statement-breakpoint
CREATE INDEX "stripe_events_open" ON "stripe_events" USING btree ("status","received_at") WHERE "stripe_events"."status" in ('pending', 'parked');--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('deduct', 'top_up', 'stripe_top_up', 'stripe_reversal', 'refund', 'hold', 'capture', 'release'));--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_target" CHECK (("transfers"."target_seq" is not null) = ("transfers"."kind" in ('refund', 'stripe_reversal', 'capture', 'release')));--> statement-breakpoint
ALTER TABLE "stripe_events" ADD CONSTRAINT "stripe_events_status" CHECK ("stripe_events"."status" in ('pending', 'applied', 'ignored', 'parked'));