CREATE TABLE "usage_allowances" (
	"customer_id" text PRIMARY KEY NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"value_count" integer NOT NULL,
	"name_count" integer NOT NULL,
	CONSTRAINT "usage_allowances_counts" CHECK ("usage_allowances"."value_count" >= 0 and "usage_allowances"."name_count" >= 0)
);
