CREATE TABLE "erasures" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "erasures_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text,
	"account_id" bigint,
	"customer_id" text,
	"people" text[] NOT NULL,
	"forgotten" text[] NOT NULL,
	"ignored" text[] NOT NULL,
	"actor" text NOT NULL,
	"ip" text,
	"step" integer DEFAULT 0 NOT NULL,
	"after" text,
	"keys_revoked" integer DEFAULT 0 NOT NULL,
	"licenses_revoked" integer DEFAULT 0 NOT NULL,
	"holds_released" integer DEFAULT 0 NOT NULL,
	"balance_given_up" bigint DEFAULT 0 NOT NULL,
	"closed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "erasures_user_id" UNIQUE("user_id"),
	CONSTRAINT "erasures_customer_id" UNIQUE("customer_id"),
	CONSTRAINT "erasures_whom" CHECK (num_nonnulls("erasures"."customer_id", "erasures"."account_id") > 0 and ("erasures"."user_id" is null) = ("erasures"."account_id" is null))
);
--> statement-breakpoint
-- safe: added again below, in a form that allows all that it allowed
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_floor";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "lapsed" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_floor" CHECK ("accounts"."charged_back" or "accounts"."balance" - "accounts"."held" + "accounts"."lapsed" >= -"accounts"."credit_limit") NOT VALID;
