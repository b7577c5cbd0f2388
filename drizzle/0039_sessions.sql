CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sessions_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"token_id" text NOT NULL,
	"account_id" bigint,
	"allow" text[],
	"return_url" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"opened_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sessions_seq_unique" UNIQUE("seq"),
	CONSTRAINT "sessions_digest_unique" UNIQUE("digest"),
	CONSTRAINT "sessions_kind" CHECK ("sessions"."kind" in ('console', 'portal')),
	CONSTRAINT "sessions_account" CHECK (("sessions"."kind" = 'portal') = ("sessions"."account_id" is not null))
);
--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "made_in_portal" boolean;--> statement-breakpoint
CREATE INDEX "sessions_expired" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_account" ON "sessions" USING btree ("account_id") WHERE "sessions"."account_id" is not null;