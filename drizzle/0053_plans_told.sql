ALTER TABLE "subscriptions" ADD COLUMN "told" jsonb;
