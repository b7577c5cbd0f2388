ALTER TABLE "accounts" VALIDATE CONSTRAINT "accounts_granted";--> statement-breakpoint
ALTER TABLE "transfers" VALIDATE CONSTRAINT "transfers_amount";--> statement-breakpoint
ALTER TABLE "transfers" VALIDATE CONSTRAINT "transfers_kind";
