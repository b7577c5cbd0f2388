ALTER TABLE "transfers" VALIDATE CONSTRAINT "transfers_kind";--> statement-breakpoint
ALTER TABLE "transfers" VALIDATE CONSTRAINT "transfers_target";
