DROP INDEX CONCURRENTLY IF EXISTS "customers_idempotency_key";
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "customers_idempotency_key" ON "customers" USING btree ("idempotency_key") WHERE "customers"."idempotency_key" is not null;
