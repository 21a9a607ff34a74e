// Package telemetry sends traces and metrics through OpenTelemetry to wherever its standard variables say. Without
// them it does nothing. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"docx2pdf/service/conversion"
	"docx2pdf/service/server"
)

// name is the instrumentation's, and the service's unless OTEL_SERVICE_NAME says another.
const name = "docx2pdf"

// Configured tells whether anything is to be sent.
func Configured(getenv func(string) string) bool {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"} {
		if getenv(variable) != "" {
			return true
		}
	}
	return false
}

// Start starts sending. The returned function sends what is left and stops.
func Start(ctx context.Context, engine conversion.Engine) (server.Metrics, func(context.Context) error, error) {
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", name)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return server.Metrics{}, nil, fmt.Errorf("starting OpenTelemetry: %w", err)
	}
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return server.Metrics{}, nil, fmt.Errorf("starting OpenTelemetry's traces: %w", err)
	}
	points, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return server.Metrics{}, nil, fmt.Errorf("starting OpenTelemetry's metrics: %w", err)
	}
	tracing := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(about))
	metering := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(points)),
		sdkmetric.WithResource(about))
	i, err := newInstruments(metering.Meter(name), engine)
	if err != nil {
		return server.Metrics{}, nil, fmt.Errorf("starting OpenTelemetry's metrics: %w", err)
	}
	tracer := tracing.Tracer(name)
	start := func(ctx context.Context, r *http.Request) (context.Context, func(server.Request)) {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, r.Method+" "+r.URL.Path, trace.WithSpanKind(trace.SpanKindServer))
		return ctx, func(done server.Request) {
			i.record(ctx, done)
			describe(span, done)
			span.End()
		}
	}
	stop := func(ctx context.Context) error { return errors.Join(tracing.Shutdown(ctx), metering.Shutdown(ctx)) }
	return server.Metrics{Start: start}, stop, nil
}

func describe(span trace.Span, done server.Request) {
	span.SetAttributes(
		attribute.Int("http.response.status_code", done.Status),
		attribute.String("docx2pdf.outcome", done.Outcome),
		attribute.String("docx2pdf.form", done.Form),
		attribute.Int("docx2pdf.pages", done.Pages),
		attribute.Int64("docx2pdf.document.size", done.BytesIn),
		attribute.Int64("docx2pdf.pdf.size", done.BytesOut),
	)
	for phase, took := range done.Timings {
		span.SetAttributes(attribute.Float64("docx2pdf."+phase+".ms", took))
	}
	if done.Status >= 500 {
		span.SetStatus(codes.Error, done.Outcome)
	}
}

// instruments are the metrics.
type instruments struct {
	requests, pages metric.Int64Counter
	warnings        metric.Int64Counter
	duration, phase metric.Float64Histogram
	document, pdf   metric.Int64Histogram
}

func newInstruments(meter metric.Meter, engine conversion.Engine) (*instruments, error) {
	var i instruments
	var errs [10]error
	i.warnings, errs[9] = meter.Int64Counter("docx2pdf.warnings",
		metric.WithDescription("PDFs that lack something of their document, by what"))
	seconds := metric.WithExplicitBucketBoundaries(.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60)
	i.requests, errs[0] = meter.Int64Counter("docx2pdf.requests", metric.WithDescription("Requests by outcome"))
	i.pages, errs[1] = meter.Int64Counter("docx2pdf.pages", metric.WithDescription("Pages of PDF made"))
	i.duration, errs[2] = meter.Float64Histogram("docx2pdf.request.duration", metric.WithUnit("s"), seconds,
		metric.WithDescription("Time from request to answer"))
	i.phase, errs[3] = meter.Float64Histogram("docx2pdf.phase.duration", metric.WithUnit("s"), seconds,
		metric.WithDescription("Time of a phase: check, queue, convert, storage"))
	i.document, errs[4] = meter.Int64Histogram("docx2pdf.document.size", metric.WithUnit("By"),
		metric.WithDescription("Size of documents"))
	i.pdf, errs[5] = meter.Int64Histogram("docx2pdf.pdf.size", metric.WithUnit("By"),
		metric.WithDescription("Size of PDFs"))
	ready, err := meter.Int64ObservableGauge("docx2pdf.engine.ready",
		metric.WithDescription("1 while a warm LibreOffice waits for documents"))
	errs[6] = err
	restarts, err := meter.Int64ObservableCounter("docx2pdf.engine.restarts",
		metric.WithDescription("Fork servers that had to be replaced"))
	errs[7] = err
	_, errs[8] = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		status := engine.Status()
		if status.Ready {
			o.ObserveInt64(ready, 1)
		} else {
			o.ObserveInt64(ready, 0)
		}
		o.ObserveInt64(restarts, int64(status.Restarts))
		return nil
	}, ready, restarts)
	return &i, errors.Join(errs[:]...)
}

func (i *instruments) record(ctx context.Context, done server.Request) {
	labels := metric.WithAttributes(attribute.String("outcome", done.Outcome), attribute.String("form", done.Form))
	i.requests.Add(ctx, 1, labels)
	i.duration.Record(ctx, done.Took.Seconds(), labels)
	i.pages.Add(ctx, int64(done.Pages))
	for phase, took := range done.Timings {
		i.phase.Record(ctx, took/1000, metric.WithAttributes(attribute.String("phase", phase)))
	}
	for _, w := range done.Warnings {
		i.warnings.Add(ctx, 1, metric.WithAttributes(attribute.String("code", string(w.Code))))
	}
	if done.BytesIn > 0 {
		i.document.Record(ctx, done.BytesIn)
	}
	if done.BytesOut > 0 {
		i.pdf.Record(ctx, done.BytesOut)
	}
}
