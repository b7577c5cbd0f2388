ALTER TABLE "usage_billing_findings" DROP CONSTRAINT "usage_billing_findings_kind";--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "cancel_asked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "cancel_faults" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "late_in" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "late_subscription_id" text;--> statement-breakpoint
ALTER TABLE "usage_meter_hours" ADD COLUMN "since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_sums" ADD COLUMN "since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_meter_sums" ADD COLUMN "at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "usage_billing_findings" ADD CONSTRAINT "usage_billing_findings_kind" CHECK ("usage_billing_findings"."kind" in ('late_usage', 'usage_not_correctable', 'unbilled_usage')) NOT VALID;