ALTER TABLE "customers" VALIDATE CONSTRAINT "customers_base_plan_plans_id_fk";
