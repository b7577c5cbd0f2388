ALTER TABLE "licenses" ADD COLUMN "paid_until" timestamp (0) with time zone;
