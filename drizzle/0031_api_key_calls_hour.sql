DROP INDEX CONCURRENTLY IF EXISTS "api_key_calls_hour";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "api_key_calls_hour" ON "api_key_calls" USING btree ("hour");
