CREATE TABLE "api_key_calls" (
	"key_id" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"calls" bigint NOT NULL,
	"refused" bigint NOT NULL,
	CONSTRAINT "api_key_calls_key_id_hour_pk" PRIMARY KEY("key_id","hour")
);
--> statement-breakpoint
CREATE TABLE "token_sums" (
	"lineage" text PRIMARY KEY NOT NULL,
	"day" date NOT NULL,
	"amount" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "tokens_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"lineage" text NOT NULL,
	"name" text NOT NULL,
	"scope" text NOT NULL,
	"role" text,
	"permissions" text[],
	"allowed_ips" text[],
	"amount_max" bigint,
	"daily_amount_max" bigint,
	"digest" "bytea",
	"pepper_id" text,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"retires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "tokens_seq_unique" UNIQUE("seq"),
	CONSTRAINT "tokens_scope" CHECK ("tokens"."scope" in ('admin', 'internal')),
	CONSTRAINT "tokens_rights" CHECK (("tokens"."role" is null) <> ("tokens"."permissions" is null))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "allowed_ips" text[];--> statement-breakpoint
CREATE INDEX "tokens_role" ON "tokens" USING btree ("role");