DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_events_hour";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_events_hour" ON "usage_meter_events" USING btree ("customer_id","event_name","at");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "usage_meter_events_accepted";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "usage_meter_events_accepted" ON "usage_meter_events" USING btree ("accepted_at") WHERE "usage_meter_events"."accepted_at" is not null;
