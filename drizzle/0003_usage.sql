CREATE TABLE "usage_findings" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "usage_findings_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"customer_id" text NOT NULL,
	"metric" text NOT NULL,
	"window_start" timestamp (3) with time zone NOT NULL,
	"value" double precision NOT NULL,
	"threshold" double precision NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"found_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "usage_findings_window" UNIQUE("customer_id","metric","kind","window_start"),
	CONSTRAINT "usage_findings_kind" CHECK ("usage_findings"."kind" in ('anomaly', 'limit_exceeded'))
);
--> statement-breakpoint
CREATE TABLE "usage_reports" (
	"customer_id" text NOT NULL,
	"report_id" text NOT NULL,
	"instance_id" text,
	"reported_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"metrics" jsonb NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	CONSTRAINT "usage_reports_customer_id_report_id_pk" PRIMARY KEY("customer_id","report_id")
);
--> statement-breakpoint
CREATE TABLE "usage_retention" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"kept_since" timestamp (3) with time zone NOT NULL,
	"cleaned_at" timestamp (3) with time zone,
	CONSTRAINT "usage_retention_only" CHECK ("usage_retention"."only")
);
--> statement-breakpoint
CREATE TABLE "usage_totals" (
	"customer_id" text NOT NULL,
	"metric" text NOT NULL,
	"period" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"count" bigint NOT NULL,
	"sum" numeric NOT NULL,
	"min" double precision NOT NULL,
	"max" double precision NOT NULL,
	"last" double precision NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "usage_totals_customer_id_metric_period_starts_at_pk" PRIMARY KEY("customer_id","metric","period","starts_at"),
	CONSTRAINT "usage_totals_period" CHECK ("usage_totals"."period" in ('hour', 'day', 'month')),
	CONSTRAINT "usage_totals_count" CHECK ("usage_totals"."count" > 0)
);
--> statement-breakpoint
CREATE INDEX "usage_reports_reported" ON "usage_reports" USING btree ("reported_at");--> statement-breakpoint
CREATE INDEX "usage_totals_metric" ON "usage_totals" USING btree ("period","metric","starts_at","customer_id");