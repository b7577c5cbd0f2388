-- Apart from what 0035 does with accounts: whoever moves money locks those first.
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_amount";
--> statement-breakpoint
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_kind";
--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "grants" jsonb;
--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_amount" CHECK ("transfers"."amount" between 1 and 9007199254740991 or "transfers"."kind" = 'void' and "transfers"."amount" = 0) NOT VALID;
--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('deduct', 'top_up', 'stripe_top_up', 'stripe_reversal', 'stripe_reinstatement', 'forfeit', 'write_off', 'adjustment', 'refund', 'hold', 'capture', 'release', 'grant', 'void', 'expire')) NOT VALID;
