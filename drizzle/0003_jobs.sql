CREATE TABLE "job_workers" (
	"worker_id" text PRIMARY KEY NOT NULL,
	"process" integer NOT NULL
);
