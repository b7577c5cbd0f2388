ALTER TABLE "usage_billing_findings" VALIDATE CONSTRAINT "usage_billing_findings_kind";
