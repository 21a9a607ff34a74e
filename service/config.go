package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"docx2pdf/service/docx"
	"docx2pdf/service/fonts"
	"docx2pdf/service/office"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/resources"
	"docx2pdf/service/sandbox"
)

// config is what the environment says. README.md has the table.
type config struct {
	host, port      string
	inputBucket     string
	outputBucket    string
	defaults        options.Layer
	image           string
	storageEndpoint string
	storageTimeout  time.Duration
	queue           int
	maxDocument     int64
	limits          docx.Limits
	engine          office.Config
	container       resources.Container
	plan            resources.Plan
}

// readConfig reports everything that is wrong with the environment at once.
func readConfig(getenv func(string) string) (config, error) {
	var problems []error
	integer := func(name string, least, otherwise int64) int64 {
		text := getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least {
			problems = append(problems, fmt.Errorf("%s is %q: it must be a whole number of at least %d", name, text, least))
		}
		return n
	}
	container, err := resources.Here(getenv, os.TempDir())
	if err != nil {
		problems = append(problems, err)
	}
	plan := container.Default()
	plan.Concurrency = int(integer("CONCURRENCY", 1, int64(plan.Concurrency)))
	plan.Timeout = time.Duration(integer("TIMEOUT", 1, int64(plan.Timeout/time.Second))) * time.Second
	plan.Memory = integer("MAX_MEMORY_BYTES", 1<<20, plan.Memory)
	plan.PDF = integer("MAX_PDF_BYTES", 1<<20, plan.PDF)
	plan.Document = integer("MAX_DOCUMENT_BYTES", 1, plan.Document)
	if err := container.Check(plan); err != nil {
		problems = append(problems, err)
	}
	c := config{
		container:       container,
		plan:            plan,
		host:            getenv("HOST"),
		port:            getenv("PORT"),
		inputBucket:     getenv("INPUT_BUCKET"),
		outputBucket:    getenv("OUTPUT_BUCKET"),
		image:           getenv("IMAGE"),
		storageEndpoint: getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT"),
		storageTimeout:  time.Duration(integer("STORAGE_TIMEOUT", 1, 60)) * time.Second,
		maxDocument:     plan.Document,
		limits: docx.Limits{
			Entries: int(integer("MAX_PARTS", 1, int64(docx.DefaultLimits.Entries))),
			Entry:   integer("MAX_PART_BYTES", 1, docx.DefaultLimits.Entry),
			Total:   integer("MAX_UNPACKED_BYTES", 1, docx.DefaultLimits.Total),
		},
		engine: office.Config{
			ProgramDir:  getenv("LIBREOFFICE_PROGRAM_DIR"),
			Concurrency: plan.Concurrency,
			Timeout:     plan.Timeout,
			Memory:      plan.Memory,
			Output:      plan.PDF,
		},
	}
	c.queue = int(integer("QUEUE", 0, int64(8*c.engine.Concurrency)))
	if c.port == "" {
		c.port = "8080"
	}
	// On Cloud Run the front end connects from outside the container; elsewhere nobody else shall.
	// https://cloud.google.com/run/docs/container-contract#services-env-vars
	if c.host == "" && getenv("K_SERVICE") == "" {
		c.host = "127.0.0.1"
	}
	if c.engine.Fonts, err = fonts.Open(getenv("FONTS_DIR")); err != nil {
		problems = append(problems, err)
	}
	if c.defaults, err = options.ReadDefaults(getenv("DEFAULT_OPTIONS")); err != nil {
		problems = append(problems, fmt.Errorf("DEFAULT_OPTIONS: %w", err))
	}
	if c.engine.Sandbox, err = sandbox.ParseMode(getenv("SANDBOX")); err != nil {
		problems = append(problems, err)
	}
	return c, errors.Join(problems...)
}

// identity is what a document's failure depends on besides the document. Without IMAGE, which a deployment names, the
// image is what this program was built from.
func (c config) identity(libreOffice string) outcome.Identity {
	image := c.image
	if image == "" {
		image = programSum() + " with LibreOffice " + libreOffice
	}
	return outcome.Identity{Image: image,
		Limits: fmt.Sprintf("%v, %d MiB of memory, PDF %d, document %d, parts %d of %d and %d bytes",
			c.engine.Timeout, c.engine.Memory>>20, c.engine.Output, c.maxDocument, c.limits.Entries, c.limits.Entry,
			c.limits.Total)}
}

// programSum is the beginning of this program's SHA-256 sum.
func programSum() string {
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		return "unknown"
	}
	defer program.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, program); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
