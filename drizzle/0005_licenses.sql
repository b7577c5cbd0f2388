CREATE TABLE "licenses" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "licenses_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"customer_id" text NOT NULL,
	"subscription_id" text,
	"plan" text,
	"features" jsonb NOT NULL,
	"limits" jsonb NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"issued_at" timestamp (0) with time zone NOT NULL,
	"not_before" timestamp (0) with time zone NOT NULL,
	"expires_at" timestamp (0) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"reason" text,
	"key_id" text NOT NULL,
	"token" text NOT NULL,
	CONSTRAINT "licenses_seq_unique" UNIQUE("seq"),
	CONSTRAINT "licenses_status" CHECK ("licenses"."status" in ('active', 'superseded', 'ended', 'revoked')),
	CONSTRAINT "licenses_revoked" CHECK (("licenses"."revoked_at" is not null) = ("licenses"."status" in ('ended', 'revoked')))
);
--> statement-breakpoint
ALTER TABLE "plans" ADD COLUMN "license_grace_days" integer;--> statement-breakpoint
ALTER TABLE "licenses" ADD CONSTRAINT "licenses_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "licenses" ADD CONSTRAINT "licenses_subscription_id_subscriptions_id_fk" FOREIGN KEY ("subscription_id") REFERENCES "public"."subscriptions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "licenses" ADD CONSTRAINT "licenses_plan_plans_id_fk" FOREIGN KEY ("plan") REFERENCES "public"."plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "licenses_usable" ON "licenses" USING btree ("customer_id","seq") WHERE "licenses"."status" = 'active';--> statement-breakpoint
CREATE INDEX "licenses_subscription" ON "licenses" USING btree ("subscription_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "licenses_current" ON "licenses" USING btree ("subscription_id") WHERE "licenses"."status" = 'active';--> statement-breakpoint
CREATE INDEX "licenses_revoked_until" ON "licenses" USING btree ("expires_at") WHERE "licenses"."revoked_at" is not null;--> statement-breakpoint
ALTER TABLE "plans" ADD CONSTRAINT "plans_license_grace_days" CHECK ("plans"."license_grace_days" between 0 and 365);