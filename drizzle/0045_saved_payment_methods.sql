DROP INDEX CONCURRENTLY IF EXISTS "saved_payment_methods_customer";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "saved_payment_methods_customer" ON "saved_payment_methods" USING btree ("stripe_customer_id");
