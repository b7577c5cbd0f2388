CREATE TABLE "usage_meter_hours" (
	"customer_id" text NOT NULL,
	"event_name" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"value" numeric NOT NULL,
	CONSTRAINT "usage_meter_hours_customer_id_event_name_at_pk" PRIMARY KEY("customer_id","event_name","at"),
	CONSTRAINT "usage_meter_hours_value" CHECK ("usage_meter_hours"."value" >= 0)
);
--> statement-breakpoint
ALTER TABLE "usage_meter_events" ADD COLUMN "at" timestamp (3) with time zone;