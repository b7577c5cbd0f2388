DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_hours_paid";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_hours_paid" ON "usage_meter_hours" USING btree ("customer_id","event_name","at") WHERE "usage_meter_hours"."stripe_customer_id" is not null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_hours_unpaid";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_hours_unpaid" ON "usage_meter_hours" USING btree ("customer_id") WHERE "usage_meter_hours"."stripe_customer_id" is null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_hours_unpaid_since";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_hours_unpaid_since" ON "usage_meter_hours" USING btree ("at") WHERE "usage_meter_hours"."stripe_customer_id" is null;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_sums_whole";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_sums_whole" ON "usage_meter_sums" USING btree ("customer_id","event_name") WHERE "usage_meter_sums"."value" >= 1;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_events_taken_back";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_events_taken_back" ON "usage_meter_events" USING btree ("accepted_at") WHERE "usage_meter_events"."taken_back" is not null;
