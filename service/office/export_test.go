package office

import (
	"errors"
	"os"
	"path/filepath"

	"docx2pdf/service/conversion"
	"docx2pdf/service/fonts"
)

// WithRegistry replaces LibreOffice's configuration for engines that are started until the returned function is called.
func WithRegistry(content string) (restore func()) {
	saved := registry
	registry = []byte(content)
	return func() { registry = saved }
}

// WithEnvironment adds to what LibreOffice sees of the outside, for engines that are started until the returned
// function
// is called.
func WithEnvironment(more ...string) (restore func()) {
	saved := environment
	environment = func(config Config, dir string) []string { return append(saved(config, dir), more...) }
	return func() { environment = saved }
}

// Prepare makes what LibreOffice starts with: its program directory, a directory with the profile, and the environment.
func Prepare(temp string) (program, dir string, variables []string, err error) {
	var config Config
	if config.Fonts, err = fonts.Open(""); err != nil {
		return "", "", nil, err
	}
	dir = filepath.Join(temp, "engine")
	if err := errors.Join(config.findProgramDir(), os.Mkdir(dir, 0o700), prepare(dir, config.Fonts)); err != nil {
		return "", "", nil, err
	}
	return config.ProgramDir, dir, environment(config, dir), nil
}

// TakesTooMuch is what is asked of a conversion by the process pid.
func TakesTooMuch(e *Engine, d *conversion.Document, pid int) bool {
	return job{e, d}.takesTooMuch(pid)
}
