-- Widened, so that no row breaks it: reading the whole ledger to see that would lock it.
ALTER TABLE "transfers" DROP CONSTRAINT "transfers_kind";--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('deduct', 'top_up', 'stripe_top_up', 'stripe_reversal', 'stripe_reinstatement', 'forfeit', 'write_off', 'adjustment', 'refund', 'hold', 'capture', 'release')) NOT VALID;
