DROP INDEX CONCURRENTLY IF EXISTS "customers_base_plan";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "customers_base_plan" ON "customers" USING btree ("base_plan") WHERE "customers"."base_plan" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "licenses_customer";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "licenses_customer" ON "licenses" USING btree ("customer_id","expires_at");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_totals_time";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_totals_time" ON "usage_totals" USING btree ("period","starts_at","metric");
