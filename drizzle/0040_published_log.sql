CREATE TABLE "published_log" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"log_id" text NOT NULL,
	"origin" text,
	"vkey" text,
	"size" bigint,
	"note" text,
	"published_at" timestamp (3) with time zone,
	"has_quorum" boolean,
	"behind_at" timestamp (3) with time zone,
	"behind_size" bigint,
	"behind_source" text,
	"leased_to" text,
	"leased_until" timestamp (3) with time zone,
	CONSTRAINT "published_log_one" CHECK ("published_log"."id")
);
