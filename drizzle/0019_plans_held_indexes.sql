DROP INDEX CONCURRENTLY IF EXISTS "customers_external_id";--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "customers_external_id" ON "customers" USING btree ("external_id") WHERE "customers"."external_id" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "licenses_current_plan";--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "licenses_current_plan" ON "licenses" USING btree ("subscription_id","plan") WHERE "licenses"."status" = 'active';--> statement-breakpoint
-- The version before issues one licence a subscription, and supersedes the others first.
DROP INDEX CONCURRENTLY IF EXISTS "licenses_current";
