#!/usr/bin/env bash
# One OpenTelemetry counter has another name in Prometheus from JavaScript, and two attributes may become one label.
#
# Versions: @opentelemetry/exporter-prometheus 0.223.0, sdk-metrics 2.12.1 (npm); opentelemetry-exporter-prometheus
#           0.66b2, opentelemetry-sdk 1.45.2 (PyPI); otel/exporters/prometheus 0.69.0, otel 1.47.0 (Go);
#           prometheus/common 0.72.0 (Go) reads the answers.
# Source:   OpenTelemetry's specification, "Prometheus and OpenMetrics Compatibility": a unit is added to the name,
#           in full words; a gauge of unit 1 ends in `_ratio`; values of attributes whose keys become the same
#           label are joined by ";".
# Expected: services in three languages that count the same thing have one name for it in Prometheus.
# Seen:     billed.traffic in By is billed_traffic_bytes_total in Go and Python, billed_traffic_total in JavaScript;
#           only Go makes share_ratio of share. With customer.id and customer_id on one point, Go joins both
#           values, Python keeps one of them, and JavaScript writes the label twice, which Prometheus' own parser
#           refuses, with all other metrics of that answer. So end the counter's name with the unit's full name
#           yourself, as in billed.storage.bytes: that comes out alike in all three.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 \
  @opentelemetry/exporter-prometheus@0.223.0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2 \
  opentelemetry-exporter-prometheus==0.66b2 prometheus-client==0.26.0
export GOFLAGS=-mod=mod
printf 'module names\n\ngo 1.25\n' >go.mod
go get go.opentelemetry.io/otel@v1.47.0 go.opentelemetry.io/otel/sdk/metric@v1.47.0 \
  go.opentelemetry.io/otel/exporters/prometheus@v0.69.0 github.com/prometheus/common@v0.72.0 2>/dev/null

cat >names.mjs <<'SCRIPT'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

const exporter = new PrometheusExporter({ preventServerStart: true })
const meter = new MeterProvider({ readers: [exporter] }).getMeter('billing')
const attributes = process.argv[2] === 'both' ? { 'customer.id': 'a', customer_id: 'b' } : { 'customer.id': 'a' }
meter.createCounter('billed.traffic', { unit: 'By' }).add(1, attributes)
meter.createCounter('billed.storage.bytes', { unit: 'By' }).add(1)
meter.createCounter('billed.time', { unit: 's' }).add(1)
meter.createCounter('billed.amount', { unit: 'EUR' }).add(1)
meter.createGauge('share', { unit: '1' }).record(1)
const { resourceMetrics } = await exporter.collect()
console.log(new PrometheusSerializer().serialize(resourceMetrics))
SCRIPT
cat >names.py <<'SCRIPT'
import sys

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest

meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter('billing')
attributes = {'customer.id': 'a', 'customer_id': 'b'} if sys.argv[1] == 'both' else {'customer.id': 'a'}
meter.create_counter('billed.traffic', unit='By').add(1, attributes)
meter.create_counter('billed.storage.bytes', unit='By').add(1)
meter.create_counter('billed.time', unit='s').add(1)
meter.create_counter('billed.amount', unit='EUR').add(1)
meter.create_gauge('share', unit='1').set(1)
print(generate_latest(REGISTRY).decode())
SCRIPT
mkdir names read
cat >names/main.go <<'PROGRAM'
package main

import (
	"context"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

func main() {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		panic(err)
	}
	meter := sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("billing")
	attributes := []attribute.KeyValue{attribute.String("customer.id", "a")}
	if os.Args[1] == "both" {
		attributes = append(attributes, attribute.String("customer_id", "b"))
	}
	add := func(name, unit string, attributes ...attribute.KeyValue) {
		counter, _ := meter.Int64Counter(name, metric.WithUnit(unit))
		counter.Add(context.Background(), 1, metric.WithAttributes(attributes...))
	}
	add("billed.traffic", "By", attributes...)
	add("billed.storage.bytes", "By")
	add("billed.time", "s")
	add("billed.amount", "EUR")
	gauge, _ := meter.Int64Gauge("share", metric.WithUnit("1"))
	gauge.Record(context.Background(), 1)
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, family := range families {
		expfmt.MetricFamilyToText(os.Stdout, family)
	}
}
PROGRAM
cat >read/main.go <<'PROGRAM'
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(os.Stdin)
	if err != nil {
		fmt.Println("  refused:", strings.SplitN(err.Error(), ": ", 2)[1])
		return
	}
	lines := []string{}
	for name, family := range families {
		if !strings.HasPrefix(name, "billed") && !strings.HasPrefix(name, "share") {
			continue
		}
		for _, label := range family.Metric[0].Label {
			if label.GetName() == "customer_id" {
				name += fmt.Sprintf(" of customer_id %q", label.GetValue())
			}
		}
		lines = append(lines, "  "+name)
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
}
PROGRAM
go build -o writer ./names
go build -o reader ./read
for attributes in one both; do
  echo "JavaScript, $attributes:"
  node names.mjs "$attributes" | ./reader
  echo "Python, $attributes:"
  venv/bin/python names.py "$attributes" | ./reader
  echo "Go, $attributes:"
  ./writer "$attributes" | ./reader
done >seen
cat seen

diff seen - <<'SEEN'
JavaScript, one:
  billed_amount_total
  billed_storage_bytes_total
  billed_time_total
  billed_traffic_total of customer_id "a"
  share
Python, one:
  billed_amount_EUR_total
  billed_storage_bytes_total
  billed_time_seconds_total
  billed_traffic_bytes_total of customer_id "a"
  share
Go, one:
  billed_amount_EUR_total
  billed_storage_bytes_total
  billed_time_seconds_total
  billed_traffic_bytes_total of customer_id "a"
  share_ratio
JavaScript, both:
  refused: duplicate label names for metric "billed_traffic_total"
Python, both:
  billed_amount_EUR_total
  billed_storage_bytes_total
  billed_time_seconds_total
  billed_traffic_bytes_total of customer_id "b"
  share
Go, both:
  billed_amount_EUR_total
  billed_storage_bytes_total
  billed_time_seconds_total
  billed_traffic_bytes_total of customer_id "a;b"
  share_ratio
SEEN
