package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/office"
	"docx2pdf/service/outcome"
	"docx2pdf/service/packages"
	"docx2pdf/service/server"
	"docx2pdf/service/storage"
	"docx2pdf/service/telemetry"
)

// drainTimeout is how long requests may go on after SIGTERM. Cloud Run ends an instance 10 s after it.
// https://cloud.google.com/run/docs/container-contract#instance-shutdown
const drainTimeout = 8 * time.Second

// run serves until ctx ends, then lets the requests in flight end.
func run(ctx context.Context, getenv func(string) string, log io.Writer) error {
	config, err := readConfig(getenv)
	if err != nil {
		return err
	}
	logger := newLogger(log)
	slog.SetDefault(logger)

	var store *storage.Store
	if config.outputBucket != "" {
		if store, err = storage.Open(ctx, config.storageEndpoint, config.storageTimeout); err != nil {
			return err
		}
	}
	defer collectLess()()
	started := time.Now()
	// While LibreOffice starts, or the first document would wait for it.
	characters := config.engine.Fonts.Coverage()
	engine, err := office.Start(ctx, config.engine)
	if err != nil {
		return err
	}
	defer engine.Close()

	listener, err := net.Listen("tcp", net.JoinHostPort(config.host, config.port))
	if err != nil {
		return fmt.Errorf("listening: %w; name a free port in PORT", err)
	}
	logger.Info("ready", "address", listener.Addr().String(), "libreoffice", engine.Status().LibreOffice,
		"sandbox", engine.Status().Sandbox, "sandbox_way", engine.Status().SandboxWay,
		"start_ms", time.Since(started).Milliseconds())
	logger.Info("resources", "cpus", config.container.CPUs, "memory_mib", config.container.Memory>>20,
		"files_are_memory", config.container.FilesAreMemory, "request_timeout", config.container.RequestTimeout.String(),
		"concurrency", config.plan.Concurrency, "document_mib", config.plan.Document>>20, "conversion_mib",
		config.plan.Memory>>20,
		"pdf_mib", config.plan.PDF>>20, "timeout", config.plan.Timeout.String())

	var metrics server.Metrics
	if telemetry.Configured(getenv) {
		send, stop, err := telemetry.Start(ctx, engine)
		if err != nil {
			return err
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			stop(ctx)
		}()
		metrics = send
	}
	httpServer := &http.Server{
		Handler: server.New(server.Config{
			Converter: conversion.Converter{Engine: engine, Limits: config.limits, Memory: config.engine.Memory,
				HasCharacter: characters.Has},
			Store:        store,
			OutputBucket: config.outputBucket,
			Names:        outcome.Names{InputBucket: config.inputBucket},
			By:           config.identity(engine.Status().LibreOffice),
			Defaults:     config.defaults,
			Queue:        config.queue,
			MaxDocument:  config.maxDocument,
			MaxPDF:       config.engine.Output,
			Timeout:      config.container.RequestTimeout,
			Package:      packages.LibreOffice(),
			Project:      project(ctx, getenv),
			Log:          logger,
			Metrics:      metrics,
		}),
		ReadHeaderTimeout: 10 * time.Second,
		// Longer than Google's front ends keep a connection, or they might use one that is being closed.
		// https://cloud.google.com/load-balancing/docs/https/request-distribution#http-keepalive-backend
		IdleTimeout: 620 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	logger.Info("draining")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := httpServer.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("draining: %w", err)
	}
	return nil
}
