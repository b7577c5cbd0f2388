CREATE TABLE "stripe_takings" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"payment_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"whole" bigint,
	"status" text NOT NULL,
	"is_withdrawn" boolean NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"hold_seq" bigint,
	CONSTRAINT "stripe_takings_amount" CHECK ("stripe_takings"."amount" >= 0),
	CONSTRAINT "stripe_takings_kind" CHECK ("stripe_takings"."kind" in ('refund', 'dispute'))
);
--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_kind";--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_target";--> statement-breakpoint
ALTER TABLE "stripe_payments" ADD COLUMN "refunded_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "stripe_takings_payment" ON "stripe_takings" USING btree ("payment_id");--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('deduct', 'top_up', 'stripe_top_up', 'stripe_reversal', 'stripe_reinstatement', 'forfeit', 'write_off', 'refund', 'hold', 'capture', 'release')) NOT VALID;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_target" CHECK (("transfers"."target_seq" is not null) = ("transfers"."kind" in ('refund', 'stripe_reversal', 'stripe_reinstatement', 'capture', 'release'))) NOT VALID;