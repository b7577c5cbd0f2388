ALTER TABLE "api_keys" ADD COLUMN "digest" "bytea";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "pepper_id" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "idempotency_fingerprint" "bytea";--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "idempotency_answer" jsonb;
