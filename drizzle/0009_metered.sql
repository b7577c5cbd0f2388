CREATE TABLE "usage_meter_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"customer_id" text NOT NULL,
	"event_name" text NOT NULL,
	"value" numeric NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"retry_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "usage_meter_sums" (
	"customer_id" text NOT NULL,
	"event_name" text NOT NULL,
	"value" numeric NOT NULL,
	CONSTRAINT "usage_meter_sums_customer_id_event_name_pk" PRIMARY KEY("customer_id","event_name"),
	CONSTRAINT "usage_meter_sums_value" CHECK ("usage_meter_sums"."value" >= 0)
);
--> statement-breakpoint
CREATE TABLE "usage_remainders" (
	"customer_id" text NOT NULL,
	"metric" text NOT NULL,
	"asset" text NOT NULL,
	"per" bigint NOT NULL,
	"remainder" numeric NOT NULL,
	CONSTRAINT "usage_remainders_customer_id_metric_asset_per_pk" PRIMARY KEY("customer_id","metric","asset","per"),
	CONSTRAINT "usage_remainders_fraction" CHECK ("usage_remainders"."remainder" >= 0 and "usage_remainders"."remainder" < "usage_remainders"."per")
);
--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "metered" jsonb;--> statement-breakpoint
CREATE INDEX "usage_meter_events_due" ON "usage_meter_events" USING btree ("retry_at");--> statement-breakpoint
-- safe: a row for each limit exceeded and each anomaly, so few that it takes milliseconds
CREATE INDEX "usage_findings_customer" ON "usage_findings" USING btree ("customer_id","seq");--> statement-breakpoint
-- safe: a row for each limit exceeded and each anomaly, so few that it takes milliseconds
CREATE INDEX "usage_findings_metric" ON "usage_findings" USING btree ("metric","seq");--> statement-breakpoint
-- safe: a row for each limit exceeded and each anomaly, so few that it takes milliseconds
CREATE INDEX "usage_findings_kind_seq" ON "usage_findings" USING btree ("kind","seq");