ALTER TABLE "usage_remainders" VALIDATE CONSTRAINT "usage_remainders_fraction";
