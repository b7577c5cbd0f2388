DROP INDEX CONCURRENTLY IF EXISTS "holds_lapsing";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "holds_lapsing" ON "holds" USING btree ("account_id","expires_at","amount") WHERE "holds"."status" = 'open';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "holds_expiring";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "holds_expiring" ON "holds" USING btree ("expires_at","account_id","seq") WHERE "holds"."status" = 'open';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "transfers_paid";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "transfers_paid" ON "transfers" USING btree ("account_id","seq") WHERE "transfers"."kind" = 'stripe_top_up';--> statement-breakpoint
-- The version before finds what it looks for by the first columns of the new ones.
DROP INDEX CONCURRENTLY IF EXISTS "holds_open";--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "holds_expiry";
