package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"docx2pdf/service/office"
)

// config is what the environment says. README.md has the table.
type config struct {
	host, port      string
	outputBucket    string
	storageEndpoint string
	engine          office.Config
}

// readConfig reports everything that is wrong with the environment at once.
func readConfig(getenv func(string) string) (config, error) {
	var problems []error
	integer := func(name string, least int64) int64 {
		text := getenv(name)
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least {
			problems = append(problems, fmt.Errorf("%s is %q: it must be a whole number of at least %d", name, text, least))
		}
		return n
	}
	c := config{
		host:            getenv("HOST"),
		port:            getenv("PORT"),
		outputBucket:    getenv("OUTPUT_BUCKET"),
		storageEndpoint: getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT"),
		engine: office.Config{
			ProgramDir:  getenv("LIBREOFFICE_PROGRAM_DIR"),
			Concurrency: int(integer("CONCURRENCY", 1)),
			Timeout:     time.Duration(integer("TIMEOUT", 1)) * time.Second,
		},
	}
	if c.port == "" {
		c.port = "8080"
	}
	// On Cloud Run the front end connects from outside the container; elsewhere nobody else shall.
	// https://cloud.google.com/run/docs/container-contract#services-env-vars
	if c.host == "" && getenv("K_SERVICE") == "" {
		c.host = "127.0.0.1"
	}
	var err error
	if c.engine.Sandbox, err = office.ParseSandbox(getenv("SANDBOX")); err != nil {
		problems = append(problems, err)
	}
	return c, errors.Join(problems...)
}
