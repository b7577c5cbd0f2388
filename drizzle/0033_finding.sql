DROP INDEX CONCURRENTLY IF EXISTS "accounts_tier";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "accounts_tier" ON "accounts" USING btree ("tier","id") WHERE "accounts"."user_id" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "accounts_status";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "accounts_status" ON "accounts" USING btree ("status","id") WHERE "accounts"."status" <> 'active';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "accounts_charged_back";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "accounts_charged_back" ON "accounts" USING btree ("id") WHERE "accounts"."charged_back";--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "accounts_user_id_prefix";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "accounts_user_id_prefix" ON "accounts" USING btree ("user_id" text_pattern_ops);--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_time";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_time" ON "transfers" USING btree ("created_at","account_id","seq");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_kind_time";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_kind_time" ON "transfers" USING btree ("kind","created_at","account_id","seq") WHERE "transfers"."kind" <> 'deduct';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_reference";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_reference" ON "transfers" USING btree (hashtextextended("reference", 0),"created_at","account_id","seq") WHERE "transfers"."reference" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_reason";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_reason" ON "transfers" USING btree (hashtextextended("reason", 0),"created_at","account_id","seq") WHERE "transfers"."reason" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_key";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_key" ON "transfers" USING btree (hashtextextended("idempotency_key", 0),"created_at","account_id","seq") WHERE not starts_with("transfers"."idempotency_key", ' ');
