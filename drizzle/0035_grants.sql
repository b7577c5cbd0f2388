CREATE TABLE "budgets" (
	"account_id" bigint NOT NULL,
	"id" text NOT NULL,
	"amount" bigint NOT NULL,
	"window" text NOT NULL,
	"time_zone" text NOT NULL,
	"reference_prefix" text,
	"reason" text,
	"mode" text NOT NULL,
	"alert_at" smallint[] NOT NULL,
	"used" bigint NOT NULL,
	"window_start" timestamp (3) with time zone NOT NULL,
	"resets_at" timestamp (3) with time zone,
	"since_seq" bigint NOT NULL,
	"alerted" smallint NOT NULL,
	CONSTRAINT "budgets_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "budgets_amount" CHECK ("budgets"."amount" between 1 and 9007199254740991),
	CONSTRAINT "budgets_used" CHECK ("budgets"."used" >= 0),
	CONSTRAINT "budgets_window" CHECK ("budgets"."window" in ('hour', 'day', 'week', 'month', 'total')),
	CONSTRAINT "budgets_mode" CHECK ("budgets"."mode" in ('hard', 'soft'))
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"account_id" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"transfer_seq" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"remaining" bigint NOT NULL,
	"priority" smallint NOT NULL,
	"category" text,
	"status" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"is_open" boolean NOT NULL,
	CONSTRAINT "grants_account_id_seq_pk" PRIMARY KEY("account_id","seq"),
	CONSTRAINT "grants_amount" CHECK ("grants"."amount" between 1 and 9007199254740991),
	CONSTRAINT "grants_remaining" CHECK ("grants"."remaining" between 0 and "grants"."amount"),
	CONSTRAINT "grants_priority" CHECK ("grants"."priority" between 0 and 100),
	CONSTRAINT "grants_open" CHECK ("grants"."is_open" = ("grants"."remaining" > 0)),
	CONSTRAINT "grants_status" CHECK ("grants"."status" in ('active', 'spent', 'expired', 'voided') and ("grants"."status" in ('expired', 'voided')) = ("grants"."closed_at" is not null) and ("grants"."status" <> 'active' or "grants"."remaining" > 0) and ("grants"."status" <> 'spent' or "grants"."remaining" = 0))
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "granted" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "grant_count" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "budget_count" smallint DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX "grants_open_of" ON "grants" USING btree ("account_id") WHERE "grants"."is_open";
--> statement-breakpoint
CREATE INDEX "grants_expiring" ON "grants" USING btree ("expires_at","account_id","seq") WHERE "grants"."is_open" and "grants"."status" = 'active';
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_granted" CHECK ("accounts"."granted" between 0 and greatest("accounts"."balance", 0)) NOT VALID;
--> statement-breakpoint
-- From here on by hand. What remains of ended grants goes there; new assets have one from the start.
INSERT INTO accounts (system, asset)
SELECT 'breakage', asset FROM accounts WHERE system = 'revenue'
ON CONFLICT (system, asset) DO NOTHING;
