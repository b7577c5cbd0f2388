CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "api_keys_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"customer_id" text NOT NULL,
	"name" text,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"retires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_seq_unique" UNIQUE("seq")
);
--> statement-breakpoint
CREATE TABLE "audit_records" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_records_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"timestamp" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"event" text NOT NULL,
	"actor" text NOT NULL,
	"subject" text NOT NULL,
	"ip" text,
	"metadata" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "customers_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email" text NOT NULL,
	"company_name" text,
	"plan" text,
	"status" text DEFAULT 'active' NOT NULL,
	"stripe_customer_id" text,
	"metadata" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customers_seq_unique" UNIQUE("seq"),
	CONSTRAINT "customers_stripe_customer_id" UNIQUE("stripe_customer_id"),
	CONSTRAINT "customers_status" CHECK ("customers"."status" in ('active', 'suspended'))
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "accounts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text,
	"system" text,
	"asset" text NOT NULL,
	"tier" text,
	"status" text DEFAULT 'active' NOT NULL,
	"balance" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"credit_limit" bigint DEFAULT 0 NOT NULL,
	"low_balance_at" bigint,
	"is_low" boolean DEFAULT false NOT NULL,
	"charged_back" boolean DEFAULT false NOT NULL,
	"seq" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_user_id" UNIQUE("user_id"),
	CONSTRAINT "accounts_system_asset" UNIQUE("system","asset"),
	CONSTRAINT "accounts_owner" CHECK (num_nonnulls("accounts"."user_id", "accounts"."system") = 1),
	CONSTRAINT "accounts_status" CHECK ("accounts"."status" in ('active', 'frozen', 'closed')),
	CONSTRAINT "accounts_balance" CHECK ("accounts"."balance" between -9007199254740991 and 9007199254740991),
	CONSTRAINT "accounts_held" CHECK ("accounts"."held" between 0 and 9007199254740991),
	CONSTRAINT "accounts_credit_limit" CHECK ("accounts"."credit_limit" between 0 and 9007199254740991),
	CONSTRAINT "accounts_floor" CHECK ("accounts"."charged_back" or "accounts"."balance" - "accounts"."held" >= -"accounts"."credit_limit"),
	CONSTRAINT "accounts_system_balance" CHECK ("accounts"."system" is null or ("accounts"."balance" = 0 and "accounts"."held" = 0 and "accounts"."seq" = 0))
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"account_id" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"captured" bigint DEFAULT 0 NOT NULL,
	"status" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "holds_account_id_seq_pk" PRIMARY KEY("account_id","seq"),
	CONSTRAINT "holds_amount" CHECK ("holds"."amount" between 1 and 9007199254740991),
	CONSTRAINT "holds_captured" CHECK ("holds"."captured" between 0 and "holds"."amount"),
	CONSTRAINT "holds_status" CHECK ("holds"."status" in ('open', 'captured', 'released', 'expired') and ("holds"."status" = 'open') = ("holds"."closed_at" is null) and ("holds"."status" = 'captured') = ("holds"."captured" > 0))
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"account_id" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"debit_account_id" bigint NOT NULL,
	"credit_account_id" bigint NOT NULL,
	"asset" text NOT NULL,
	"amount" bigint NOT NULL,
	"kind" text NOT NULL,
	"target_seq" bigint,
	"balance_after" bigint NOT NULL,
	"held_after" bigint NOT NULL,
	"available_after" bigint NOT NULL,
	"idempotency_key" text NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"reason" text,
	"reference" text,
	"metadata" jsonb,
	"actor" text NOT NULL,
	"ip" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "transfers_account_id_seq_pk" PRIMARY KEY("account_id","seq"),
	CONSTRAINT "transfers_amount" CHECK ("transfers"."amount" between 1 and 9007199254740991),
	CONSTRAINT "transfers_seq" CHECK ("transfers"."seq" > 0),
	CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('deduct', 'top_up', 'refund', 'hold', 'capture', 'release')),
	CONSTRAINT "transfers_target" CHECK (("transfers"."target_seq" is not null) = ("transfers"."kind" in ('refund', 'capture', 'release'))),
	CONSTRAINT "transfers_sides" CHECK ("transfers"."debit_account_id" <> "transfers"."credit_account_id" and ("transfers"."kind" = 'capture' or "transfers"."account_id" in ("transfers"."debit_account_id", "transfers"."credit_account_id")))
);
--> statement-breakpoint
CREATE TABLE "stripe_events" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"livemode" boolean NOT NULL,
	"api_version" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_customer" ON "api_keys" USING btree ("customer_id","seq");--> statement-breakpoint
CREATE INDEX "audit_records_subject" ON "audit_records" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "customers_email" ON "customers" USING btree (lower("email"),"seq");--> statement-breakpoint
CREATE INDEX "customers_status_seq" ON "customers" USING btree ("status","seq");--> statement-breakpoint
CREATE INDEX "holds_open" ON "holds" USING btree ("account_id","expires_at") WHERE "holds"."status" = 'open';--> statement-breakpoint
CREATE INDEX "holds_expiry" ON "holds" USING btree ("expires_at") WHERE "holds"."status" = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_idempotency_key" ON "transfers" USING btree (("account_id"::text || ' ' || "idempotency_key"));--> statement-breakpoint
CREATE INDEX "transfers_target" ON "transfers" USING btree ("account_id","target_seq") WHERE "transfers"."target_seq" is not null;--> statement-breakpoint
CREATE INDEX "stripe_events_received" ON "stripe_events" USING btree ("received_at","id");